import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { errorText, notFound, UserError } from '../../common/errors.ts';
import type { MirrorState } from '../../protocol/dashboard/index.ts';
import { deleteMirror, findMirror, type MirrorRow, mirrorDeliveries, putMirror } from '../../store/mirrors.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { probeOriginal } from './fetch.ts';

const RepositoryParams = z.object({ owner: z.string(), repo: z.string() });
const MirrorBody = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(500),
  token: z.string().max(1_000).optional(),
});

const ADMIN = needs('admin', 'people');
const PATH = '/repos/:owner/:repo/mirror';

/** A repository whose original is on another GitHub. */
export function mirrorRoutes(app: FastifyInstance, context: ServerContext): void {
  app.get(PATH, ADMIN, async (request) => stateOf(context, (await mirrorIn(context, request)).mirror));
  app.put(PATH, ADMIN, async (request): Promise<MirrorState> => {
    const { url, token } = MirrorBody.parse(request.body);
    const original = originalUrl(url);
    const { owner, repo } = RepositoryParams.parse(request.params);
    // Before anything is written: a wrong address or token leaves nothing behind.
    await reachable(probeOriginal({ url: original, token }));
    const repository = await context.git.create(owner, repo);
    await putMirror(context.db, {
      repository_id: repository.id,
      url: original,
      token: token ? context.keys.seal(token) : null,
      created_at: isoTime(context.clock.now()),
    });
    await context.mirrors.reload();
    return synchronized(context, request);
  });
  app.post(`${PATH}/sync`, ADMIN, async (request) => synchronized(context, request));
  app.delete(PATH, ADMIN, async (request, reply) => {
    const { mirror } = await mirrorIn(context, request);
    await deleteMirror(context.db, mirror.repository_id);
    await context.mirrors.reload();
    return reply.code(204).send();
  });
}

/** Without credentials, query and `.git`. @throws UserError 422 */
function originalUrl(text: string): string {
  const url = new URL(text);
  const path = url.pathname.replace(/(?:\.git)?\/*$/, '');
  if (/^\/[\w.-]+\/[\w.-]+$/.test(path) && url.username === '' && url.password === '') return `${url.origin}${path}`;
  throw new UserError('bad-mirror', 'The address of the original is not of the form https://HOST/OWNER/NAME.', {
    hint: 'A token is given apart from it.',
  });
}

async function mirrorIn(context: ServerContext, request: FastifyRequest) {
  const { owner, repo } = RepositoryParams.parse(request.params);
  const repository = await context.git.find(owner, repo);
  const mirror = repository && (await findMirror(context.db, repository.id));
  if (!repository || !mirror) throw notFound(`A mirror ${owner}/${repo}`);
  return { repository, mirror };
}

/** The person waits, so that a wrong address or token is told at once. @throws UserError 422 */
async function synchronized(context: ServerContext, request: FastifyRequest): Promise<MirrorState> {
  const { repository, mirror } = await mirrorIn(context, request);
  await reachable(context.mirrors.fetch(mirror, repository));
  return stateOf(context, (await mirrorIn(context, request)).mirror);
}

/** @throws UserError 422 */
async function reachable(attempt: Promise<void>): Promise<void> {
  await attempt.catch((error: unknown) => {
    throw new UserError('mirror-unreachable', errorText(error), {
      hint: 'Check the address, and that the token may read the repository.',
      cause: error,
    });
  });
}

async function stateOf({ db }: ServerContext, mirror: MirrorRow): Promise<MirrorState> {
  return {
    url: mirror.url,
    hasToken: mirror.token !== null,
    fetchedAt: mirror.fetched_at,
    problem: mirror.problem,
    waiting: (await mirrorDeliveries(db, mirror.repository_id)).length,
  };
}
