import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { changePull, findPull, type PullRow, queryPulls } from '../../store/pulls.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { callerName, causingJob, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { comparedFiles, comparisonSize } from '../git/comparison.ts';
import { addLabels, type Editor, editPull, removeLabel } from '../pulls/edit-pull.ts';
import { pullTurns } from '../pulls/follow-pulls.ts';
import { mergePull } from '../pulls/merge-pull.ts';
import { openPull } from '../pulls/open-pull.ts';
import { labelObject, labelsOf, pullObject, wholePullObject } from '../pulls/pull-object.ts';
import { refreshTestMerge } from '../pulls/test-merge.ts';
import { changedFileObject } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { linkPages, onPage, pageOf, repositoryOf } from './requests.ts';

const Title = z.string().trim().min(1).max(256);
const Body = z.string().max(65_536).nullish();
const Branch = z.string().min(1).max(255);
const NumberParams = z.object({ number: z.coerce.number().int().positive() });
const OpenRequest = z.looseObject({
  title: Title,
  body: Body,
  head: Branch,
  base: Branch,
  draft: z.boolean().default(false),
});
const EditRequest = z.looseObject({
  title: Title.optional(),
  body: Body,
  base: Branch.optional(),
  state: z.enum(['open', 'closed']).optional(),
  draft: z.boolean().optional(),
});
const ListQuery = z.object({
  state: z.enum(['open', 'closed', 'all']).default('open'),
  head: z.string().optional(),
  base: z.string().optional(),
  direction: z.enum(['asc', 'desc']).default('desc'),
});
const MergeBody = z.looseObject({
  commit_title: z.string().max(1_000).optional(),
  commit_message: z.string().max(65_536).optional(),
  sha: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
});
const LabelsBody = z.union([
  z.looseObject({ labels: z.array(z.union([z.string(), z.looseObject({ name: z.string() })])) }),
  z.array(z.string()),
]);
const LabelName = z.string().trim().min(1).max(50);

const READ = needs('read', 'pull-requests: read');
const WRITE = needs('write', 'pull-requests: write');
const MERGE = needs('write', 'contents: write');

/** https://docs.github.com/rest/pulls/pulls: of branches of one repository. */
export function pullRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/pulls';
  app.get(base, READ, (request, reply) => list(context, request, reply));
  app.post(base, WRITE, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { body, head, ...rest } = OpenRequest.parse(request.body);
    const editor = editorOf(request);
    const pull = await openPull(context, repository, {
      ...rest,
      body: body ?? '',
      head: ownBranch(repository, head),
      author: editor.actor,
      causingJob: editor.causingJob,
    });
    return reply.code(201).send(await whole(context, repository, pull));
  });
  app.get(`${base}/:number`, READ, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    return whole(context, repository, await refreshed(context, repository, pull));
  });
  app.patch(`${base}/:number`, WRITE, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    const { body, ...edit } = EditRequest.parse(request.body);
    const given = body === undefined ? edit : { ...edit, body: body ?? '' };
    return whole(context, repository, await editPull(context, repository, pull.number, given, editorOf(request)));
  });
  app.get(`${base}/:number/files`, READ, (request, reply) => files(context, request, reply));
  app.put(`${base}/:number/merge`, MERGE, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    const {
      merge_method: method,
      sha,
      commit_title: title,
      commit_message: message,
    } = MergeBody.parse(request.body ?? {});
    if (method === 'rebase') {
      throw new UserError('not-mergeable', 'Rebase merges are not allowed on this repository.', { status: 405 });
    }
    const merged = await mergePull(context, repository, pull, { method, sha, title, message }, editorOf(request));
    return { sha: merged, merged: true, message: 'Pull Request successfully merged' };
  });
  labelRoutes(app, context);
}

/** https://docs.github.com/rest/issues/labels: of pull requests, which are the only issues here. */
function labelRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/issues/:number/labels';
  const objects = (repository: RepositoryRow, labels: string[]) =>
    labels.map((label) => labelObject(context.settings.publicUrl, repository, label));
  app.get(base, READ, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    return objects(repository, labelsOf(pull));
  });
  app.post(base, WRITE, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    const body = LabelsBody.parse(request.body);
    const given = (Array.isArray(body) ? body : body.labels).map((label) =>
      typeof label === 'string' ? label : label.name,
    );
    const labels = z.array(LabelName).max(100).parse(given);
    return objects(repository, await addLabels(context, repository, pull.number, labels, editorOf(request)));
  });
  app.delete(`${base}/:label`, WRITE, async (request) => {
    const { repository, pull } = await pullOf(context, request);
    const { label } = z.object({ label: z.string() }).parse(request.params);
    return objects(repository, await removeLabel(context, repository, pull.number, label, editorOf(request)));
  });
}

const editorOf = ({ caller }: FastifyRequest): Editor => ({
  actor: callerName(caller),
  causingJob: causingJob(caller),
});

/**
 * The pull request in the path.
 * @throws UserError 404
 */
async function pullOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; pull: PullRow }> {
  const repository = await repositoryOf(context, request);
  const { data } = NumberParams.safeParse(request.params);
  const pull = data && (await findPull(context.db, repository.id, data.number));
  if (!pull) throw notFoundOnGitHub();
  return { repository, pull };
}

/** `branch` or `owner:branch`. @throws UserError 422 for another owner: there are no forks here */
function ownBranch({ owner }: RepositoryRow, head: string): string {
  const [, prefix = owner, branch = ''] = /^(?:([^:]*):)?(.*)$/.exec(head) ?? [];
  if (prefix.toLowerCase() === owner.toLowerCase() && branch !== '') return branch;
  throw new UserError('bad-pull-request', `The head ${head} is no branch of this repository.`, {
    hint: 'There are no forks on this server; push the branch here.',
  });
}

async function list(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const repository = await repositoryOf(context, request);
  const { state, head, base, direction } = ListQuery.parse(request.query);
  const page = pageOf(request);
  const query = {
    repositoryId: repository.id,
    state: state === 'all' ? undefined : state,
    headRef: head === undefined ? undefined : ownBranch(repository, head),
    baseRef: base,
  };
  const { pulls, total } = await queryPulls(context.db, query, { ...page, order: direction });
  linkPages(context, request, reply, page, total);
  return pulls.map((pull) => pullObject(context.settings.publicUrl, repository, pull));
}

/** Its base may have moved since the last event. */
function refreshed(context: ServerContext, repository: RepositoryRow, pull: PullRow): Promise<PullRow> {
  return context.turns.take(pullTurns(repository.id), async () => {
    const current = await findPull(context.db, repository.id, pull.number);
    if (current?.state !== 'open') return current ?? pull;
    const merge = await refreshTestMerge(context, repository, current);
    if (merge.base_sha !== current.base_sha) await changePull(context.db, current.id, merge);
    return { ...current, ...merge };
  });
}

async function whole(context: ServerContext, repository: RepositoryRow, pull: PullRow) {
  const size = await comparisonSize(context.git.folder(repository), pull.base_sha, pull.head_sha);
  return wholePullObject(context.settings.publicUrl, repository, pull, size);
}

async function files(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const { repository, pull } = await pullOf(context, request);
  const all = await comparedFiles(context.git.folder(repository), pull.base_sha, pull.head_sha);
  const shown = onPage(context, request, reply, all);
  return shown.map((file) => changedFileObject(context.settings.publicUrl, repository, pull.head_sha, file));
}
