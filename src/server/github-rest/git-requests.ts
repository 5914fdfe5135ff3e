/** What requests about git have in common: who writes, where, and what their paths name. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { callerName, causingJob, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { type CommitQuery, type ListedCommit, listCommits } from '../git/commit-list.ts';
import type { GitPerson } from '../git/history.ts';
import { emailOf } from '../git/merges.ts';
import { pushByServer } from '../git/own-push.ts';
import type { RefUpdate } from '../git/push-journal.ts';
import { notFoundOnGitHub } from './errors.ts';

export const READ_CONTENTS = needs('read', 'contents: read');
export const WRITE_CONTENTS = needs('write', 'contents: write');

export const Sha = z.string().regex(/^[0-9a-f]{40}$/);
const RestParams = z.object({ '*': z.string().max(4_096) });

/** What stands for `*` in the route. */
export const restOfPath = ({ params }: FastifyRequest): string => RestParams.parse(params)['*'];

export const GivenPerson = z.looseObject({
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^<>\n\0]*$/),
  email: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^<>\n\0]*$/),
  date: z.iso.datetime({ offset: true }).optional(),
});

/** The caller, unless the request names somebody else. */
export function personOf(
  { clock }: ServerContext,
  request: FastifyRequest,
  given: z.infer<typeof GivenPerson> | undefined,
): GitPerson {
  const name = callerName(request.caller);
  const date = given?.date ?? isoTime(clock.now());
  return given ? { name: given.name, email: given.email, date } : { name, email: emailOf(name), date };
}

/** @throws UserError 404 */
export async function commitOf(context: ServerContext, repository: RepositoryRow, ref: string): Promise<string> {
  const sha = await context.git.resolve(repository, ref);
  if (!sha) throw notFoundOnGitHub();
  return sha;
}

export const commitsOf = (
  context: ServerContext,
  repository: RepositoryRow,
  query: CommitQuery,
): Promise<ListedCommit[]> => listCommits(context.git.folder(repository), query);

/** @throws UserError 404 */
export async function oneCommit(context: ServerContext, repository: RepositoryRow, sha: string): Promise<ListedCommit> {
  const [commit] = await commitsOf(context, repository, { revisions: [sha], limit: 1, offset: 0 });
  if (!commit) throw notFoundOnGitHub();
  return commit;
}

/** Moves a ref with all that follows from a push. @throws UserError 409 when somebody else was faster */
export async function push(
  context: ServerContext,
  request: FastifyRequest,
  repository: RepositoryRow,
  update: RefUpdate,
): Promise<void> {
  const { caller } = request;
  const meta = { repositoryId: repository.id, actor: callerName(caller), causingJob: causingJob(caller) };
  if (await pushByServer(context, repository, update, meta)) return;
  throw new UserError('ref-moved', `${update.ref} has moved meanwhile.`, {
    status: 409,
    hint: 'Read it and try again.',
  });
}
