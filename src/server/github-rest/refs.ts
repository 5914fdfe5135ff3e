import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { isAncestor, ZERO_SHA } from '../git/history.ts';
import { findObject, type ObjectType } from '../git/objects.ts';
import { type GitRef, isRefName, listRefs } from '../git/refs.ts';
import { gitNodeId, repositoryUrl } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { push, READ_CONTENTS, restOfPath, Sha, WRITE_CONTENTS } from './git-requests.ts';
import { onPage, repositoryOf } from './requests.ts';

const CreateRequest = z.looseObject({ ref: z.string().max(1_000), sha: Sha });
const UpdateRequest = z.looseObject({ sha: Sha, force: z.boolean().default(false) });

/** https://docs.github.com/rest/git/refs. What changes a ref is a push, with all that follows from one. */
export function refRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/git';
  const object = (repository: RepositoryRow, ref: Omit<GitRef, 'commit'>) =>
    refObject(context.settings.publicUrl, repository, ref);
  app.get(`${base}/ref/*`, READ_CONTENTS, async (request) => {
    const repository = await repositoryOf(context, request);
    return object(repository, await refOf(context, repository, request));
  });
  app.get(`${base}/matching-refs/*`, READ_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const refs = await listRefs(context.git.folder(repository), `refs/${restOfPath(request)}`);
    return onPage(context, request, reply, refs).map((ref) => object(repository, ref));
  });
  app.post(`${base}/refs`, WRITE_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref, sha } = CreateRequest.parse(request.body);
    await assertMayMove(ref);
    if (await findRef(context, repository, ref)) throw new UserError('ref-exists', 'Reference already exists');
    const type = await typeOf(context, repository, ref, sha);
    await push(context, request, repository, { ref, before: ZERO_SHA, after: sha });
    return reply.code(201).send(object(repository, { ref, sha, type }));
  });
  app.patch(`${base}/refs/*`, WRITE_CONTENTS, async (request) => {
    const repository = await repositoryOf(context, request);
    const { ref, sha: before } = await refOf(context, repository, request);
    const { sha, force } = UpdateRequest.parse(request.body);
    const type = await typeOf(context, repository, ref, sha);
    if (!force && !(await isAncestor(context.git.folder(repository), before, sha))) {
      throw new UserError('not-fast-forward', 'Update is not a fast forward');
    }
    if (sha !== before) await push(context, request, repository, { ref, before, after: sha });
    return object(repository, { ref, sha, type });
  });
  app.delete(`${base}/refs/*`, WRITE_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref, sha } = await refOf(context, repository, request);
    if (ref === `refs/heads/${repository.default_branch}`) {
      throw new UserError('default-branch', 'Cannot delete the default branch');
    }
    await push(context, request, repository, { ref, before: sha, after: ZERO_SHA });
    return reply.code(204).send();
  });
}

/** @throws UserError 422: only branches and tags are people's; the other refs are the server's own */
async function assertMayMove(ref: string): Promise<void> {
  if (/^refs\/(heads|tags)\/./.test(ref) && (await isRefName(ref))) return;
  throw new UserError('bad-ref', `${ref} is not a valid ref name.`, {
    hint: 'Give refs/heads/BRANCH or refs/tags/TAG.',
  });
}

/** Of a branch a commit. @throws UserError 422 */
async function typeOf(
  context: ServerContext,
  repository: RepositoryRow,
  ref: string,
  sha: string,
): Promise<ObjectType> {
  const found = await findObject(context.git.folder(repository), sha);
  if (!found) throw new UserError('no-such-object', 'Object does not exist');
  if (!ref.startsWith('refs/heads/') || found.type === 'commit') return found.type;
  throw new UserError('no-commit', 'Reference cannot be updated: a branch points at a commit.');
}

/** @throws UserError 404 */
async function refOf(context: ServerContext, repository: RepositoryRow, request: FastifyRequest): Promise<GitRef> {
  const ref = await findRef(context, repository, `refs/${restOfPath(request)}`);
  if (!ref) throw notFoundOnGitHub();
  await assertMayMove(ref.ref);
  return ref;
}

const findRef = async ({ git }: ServerContext, repository: RepositoryRow, name: string): Promise<GitRef | undefined> =>
  (await listRefs(git.folder(repository), name)).find(({ ref }) => ref === name);

function refObject(publicUrl: string, repository: RepositoryRow, { ref, sha, type }: Omit<GitRef, 'commit'>) {
  const url = repositoryUrl(publicUrl, repository);
  return {
    ref,
    node_id: gitNodeId('Ref', repository, ref),
    url: `${url}/git/${ref}`,
    object: { sha, type, url: `${url}/git/${type}s/${sha}` },
  };
}
