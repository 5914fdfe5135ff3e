import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import {
  type CommitStatusRow,
  countStatuses,
  insertStatus,
  MAX_STATUSES,
  newestOfContexts,
  statusesOfCommit,
} from '../../store/commit-statuses.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { STATUS_STATES } from '../../store/tables/checks.ts';
import { callerName, causingJob, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { branchesWith } from '../git/refs.ts';
import { commitObject, repositoryUrl } from './commit-object.ts';
import { commitOf, oneCommit } from './git-requests.ts';
import { onPage, repositoryOf } from './requests.ts';
import { nodeId, repositoryObject, userObject } from './shapes.ts';

const READ = needs('read', 'statuses: read');
const WRITE = needs('write', 'statuses: write');
/** Of the event: as many as GitHub names. */
const MAX_BRANCHES = 10;

const Params = z.object({ sha: z.string().max(1_000) });
const CreateRequest = z.looseObject({
  state: z.enum(STATUS_STATES),
  target_url: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2_000)]).nullish(),
  description: z.string().max(140).nullish(),
  context: z.string().min(1).max(255).default('default'),
});

/** https://docs.github.com/rest/commits/statuses: what others say of commits. What runs say are check runs. */
export function statusRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.post(`${base}/statuses/:sha`, WRITE, async (request, reply) =>
    reply.code(201).send(await create(context, request)),
  );
  app.get(`${base}/commits/:sha/statuses`, READ, async (request, reply) => {
    const { repository, rows } = await statusesAt(context, request);
    return onPage(context, request, reply, rows).map((row) =>
      statusObject(context.settings.publicUrl, repository, row),
    );
  });
  app.get(`${base}/commits/:sha/status`, READ, async (request, reply) => {
    const { repository, sha, rows } = await statusesAt(context, request);
    const { publicUrl } = context.settings;
    const newest = newestOfContexts(rows);
    const url = `${repositoryUrl(publicUrl, repository)}/commits/${sha}`;
    return {
      state: combinedState(newest),
      statuses: onPage(context, request, reply, newest).map((row) => simpleStatus(publicUrl, repository, row)),
      sha,
      total_count: newest.length,
      repository: repositoryObject(repository, publicUrl),
      commit_url: url,
      url: `${url}/status`,
    };
  });
}

/** GitHub's rule; `pending` where nobody has said anything. */
function combinedState(newest: CommitStatusRow[]): 'failure' | 'pending' | 'success' {
  if (newest.some(({ state }) => state === 'error' || state === 'failure')) return 'failure';
  return newest.length > 0 && newest.every(({ state }) => state === 'success') ? 'success' : 'pending';
}

async function statusesAt(context: ServerContext, request: FastifyRequest) {
  const repository = await repositoryOf(context, request);
  const sha = await commitOf(context, repository, Params.parse(request.params).sha);
  return { repository, sha, rows: await statusesOfCommit(context.db, repository.id, sha) };
}

async function create(context: ServerContext, request: FastifyRequest) {
  const { db, clock, settings } = context;
  const repository = await repositoryOf(context, request);
  const { sha } = Params.parse(request.params);
  if ((await context.git.resolve(repository, sha)) !== sha) {
    throw new UserError('no-such-ref', `No commit found for SHA: ${sha}`);
  }
  const asked = CreateRequest.parse(request.body);
  const about = { repository_id: repository.id, sha, context: asked.context };
  if ((await countStatuses(db, about)) >= MAX_STATUSES) {
    throw new UserError('too-many-statuses', 'This SHA and context has reached the maximum number of statuses.');
  }
  const row = await insertStatus(db, {
    ...about,
    state: asked.state,
    description: asked.description ?? null,
    target_url: asked.target_url || null,
    creator: callerName(request.caller),
    created_at: isoTime(clock.now()),
  });
  await tellOfStatus(context, request, repository, row);
  return statusObject(settings.publicUrl, repository, row);
}

/** The event `status` (SEM-2.4). Without a default branch there are no workflows that it could start. */
async function tellOfStatus(
  context: ServerContext,
  { caller }: FastifyRequest,
  repository: RepositoryRow,
  row: CommitStatusRow,
): Promise<void> {
  const { publicUrl } = context.settings;
  const tip = await context.branches.tip(repository);
  if (!tip) return;
  const branches = await branchesWith(context.git.folder(repository), row.sha, MAX_BRANCHES);
  const commit = commitObject(publicUrl, repository, await oneCommit(context, repository, row.sha));
  const commits = `${repositoryUrl(publicUrl, repository)}/commits`;
  await context.engine.acceptEvent({
    key: `status:${row.id}`,
    repository,
    name: 'status',
    ...tip,
    actor: row.creator,
    causingJob: causingJob(caller),
    payload: {
      id: row.id,
      sha: row.sha,
      name: `${repository.owner}/${repository.name}`,
      avatar_url: userObject(row.creator, publicUrl).avatar_url,
      target_url: row.target_url,
      context: row.context,
      description: row.description,
      state: row.state,
      commit: { ...commit, commit: { ...commit.commit } } as unknown as Record<string, Json>,
      branches: branches.map(({ name, sha }) => ({
        name,
        commit: { sha, url: `${commits}/${sha}` },
        protected: false,
      })),
      created_at: row.created_at,
      updated_at: row.created_at,
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(row.creator, publicUrl) },
    },
  });
}

function simpleStatus(publicUrl: string, repository: RepositoryRow, row: CommitStatusRow) {
  return {
    url: `${repositoryUrl(publicUrl, repository)}/statuses/${row.sha}`,
    avatar_url: userObject(row.creator, publicUrl).avatar_url,
    id: row.id,
    node_id: nodeId('StatusContext', row.id),
    state: row.state,
    description: row.description,
    target_url: row.target_url,
    context: row.context,
    created_at: row.created_at,
    updated_at: row.created_at,
  };
}

const statusObject = (publicUrl: string, repository: RepositoryRow, row: CommitStatusRow) => ({
  ...simpleStatus(publicUrl, repository, row),
  creator: userObject(row.creator, publicUrl),
});
