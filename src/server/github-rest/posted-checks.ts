import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import { type CheckRunRow, findCheckRun, insertCheckRun, updateCheckRun } from '../../store/check-runs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { type Caller, callerName, causingJob, needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { Sha } from './git-requests.ts';
import {
  CONCLUSIONS,
  type PostedAnnotation,
  postedCheckObject,
  postedId,
  postedSuiteObject,
  suiteOf,
} from './posted-check-object.ts';
import { idOf, repositoryOf } from './requests.ts';
import { repositoryObject, userObject } from './shapes.ts';

export const WRITE_CHECKS = needs('write', 'checks: write');
/** GitHub's for one request; more come with further changes. */
const MAX_ANNOTATIONS_AT_ONCE = 50;
/** Of one check run: the row is read as a whole. */
const MAX_ANNOTATIONS = 1_000;
const MAX_TEXT = 65_535;

const Line = z.number().int().min(1);
const Annotation = z.looseObject({
  path: z.string().min(1).max(4_096),
  start_line: Line,
  end_line: Line,
  start_column: Line.nullish(),
  end_column: Line.nullish(),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: z.string().max(MAX_TEXT),
  title: z.string().max(255).nullish(),
  raw_details: z.string().max(MAX_TEXT).nullish(),
});
const Output = z.looseObject({
  title: z.string().max(255).nullish(),
  summary: z.string().max(MAX_TEXT).nullish(),
  text: z.string().max(MAX_TEXT).nullish(),
  annotations: z.array(Annotation).max(MAX_ANNOTATIONS_AT_ONCE).optional(),
});
const Time = z.iso.datetime({ offset: true });
const Change = z.looseObject({
  name: z.string().min(1).max(255).optional(),
  details_url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  external_id: z.string().max(255).optional(),
  status: z.enum(['queued', 'in_progress', 'completed']).optional(),
  conclusion: z.enum(CONCLUSIONS).optional(),
  started_at: Time.optional(),
  completed_at: Time.optional(),
  output: Output.optional(),
});
const Creation = Change.extend({ name: z.string().min(1).max(255), head_sha: Sha });
type Wanted = z.infer<typeof Change>;

/** https://docs.github.com/rest/checks/runs: what Apps, and jobs with their token, report of a commit */
export function postedCheckRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/check-runs';
  app.post(base, WRITE_CHECKS, async (request, reply) => reply.code(201).send(await create(context, request)));
  app.patch(`${base}/:id`, WRITE_CHECKS, (request) => change(context, request));
}

async function create(context: ServerContext, request: FastifyRequest) {
  const repository = await repositoryOf(context, request);
  const app_id = appOf(request.caller);
  const { head_sha: sha, ...wanted } = Creation.parse(request.body);
  if ((await context.git.resolve(repository, sha)) !== sha) {
    throw new UserError('no-such-ref', `No commit found for SHA: ${sha}`);
  }
  const at = isoTime(context.clock.now());
  const row = await insertCheckRun(context.db, {
    repository_id: repository.id,
    sha,
    app_id,
    ...changed(EMPTY, wanted, at),
    name: wanted.name,
    created_at: at,
  });
  await tellOfCheck(context, request.caller, repository, row, 'created');
  if (row.status === 'completed') await tellOfCheck(context, request.caller, repository, row, 'completed');
  return postedCheckObject(context, repository, row);
}

async function change(context: ServerContext, request: FastifyRequest) {
  const repository = await repositoryOf(context, request);
  const app_id = appOf(request.caller);
  const id = postedId(idOf(request));
  if (id === undefined) {
    throw new UserError('own-check-run', 'This check run is a job of this server, and says what the job does.', {
      status: 403,
    });
  }
  const wanted = Change.parse(request.body ?? {});
  const { before, row } = await context.db.transaction().execute(async (db) => {
    const before = await findCheckRun(db, repository.id, id);
    if (!before) throw notFoundOnGitHub();
    if (before.app_id !== app_id)
      throw new UserError('other-app', 'Invalid app_id: another App made it.', { status: 403 });
    return { before, row: await updateCheckRun(db, id, changed(before, wanted, isoTime(context.clock.now()))) };
  });
  const isDone = row.status === 'completed' && before.status !== 'completed';
  if (isDone) await tellOfCheck(context, request.caller, repository, row, 'completed');
  return postedCheckObject(context, repository, row);
}

/** As on GitHub, people's own tokens report nothing. @throws UserError 403 */
function appOf(caller: Caller): number | null {
  if (caller.kind === 'github-token') return null;
  if (caller.kind === 'installation') return caller.app.id;
  throw new UserError('apps-only', 'You must authenticate via a GitHub App.', {
    status: 403,
    hint: "Use the token of an App's installation, or of a job.",
  });
}

type Reported = Omit<CheckRunRow, 'id' | 'repository_id' | 'sha' | 'app_id' | 'created_at'>;
const EMPTY: Reported = {
  name: '',
  external_id: '',
  details_url: null,
  status: 'queued',
  conclusion: null,
  title: null,
  summary: null,
  text: null,
  annotations: '[]',
  started_at: null,
  completed_at: null,
  updated_at: '',
};

/** A conclusion completes; one that is taken up again has none. @throws UserError 422 */
function changed(before: Reported, wanted: Wanted, at: string): Reported {
  const status = wanted.conclusion ? 'completed' : (wanted.status ?? before.status);
  const conclusion = status === 'completed' ? (wanted.conclusion ?? before.conclusion) : null;
  if (status === 'completed' && conclusion === null) {
    throw new UserError('no-conclusion', 'A completed check run needs a conclusion.');
  }
  const { output } = wanted;
  const given = (time: string | undefined): string | undefined => time && isoTime(Date.parse(time));
  return {
    name: wanted.name ?? before.name,
    external_id: wanted.external_id ?? before.external_id,
    details_url: wanted.details_url ?? before.details_url,
    status,
    conclusion,
    title: output?.title ?? before.title,
    summary: output?.summary ?? before.summary,
    text: output?.text ?? before.text,
    annotations: withMore(before.annotations, output?.annotations ?? []),
    started_at: given(wanted.started_at) ?? before.started_at ?? at,
    completed_at: status === 'completed' ? (given(wanted.completed_at) ?? before.completed_at ?? at) : null,
    updated_at: at,
  };
}

/** Further ones are added, as on GitHub. @throws UserError 422 */
function withMore(before: string, given: z.infer<typeof Annotation>[]): string {
  if (given.length === 0) return before;
  const all = JSON.parse(before) as PostedAnnotation[];
  for (const one of given) {
    all.push({
      path: one.path,
      start_line: one.start_line,
      end_line: one.end_line,
      start_column: one.start_column ?? null,
      end_column: one.end_column ?? null,
      annotation_level: one.annotation_level,
      message: one.message,
      title: one.title ?? null,
      raw_details: one.raw_details ?? null,
    });
  }
  if (all.length > MAX_ANNOTATIONS) {
    throw new UserError('too-many-annotations', `A check run has at most ${MAX_ANNOTATIONS} annotations.`);
  }
  return JSON.stringify(all);
}

/** The event `check_run` (SEM-2.4); what jobs report with their token starts nothing (SEM-2.5). */
export async function tellOfCheck(
  context: ServerContext,
  caller: Caller,
  repository: RepositoryRow,
  row: CheckRunRow,
  action: 'created' | 'completed' | 'rerequested',
): Promise<void> {
  const { publicUrl } = context.settings;
  const tip = await context.branches.tip(repository);
  const suite = await suiteOf(context, repository, row);
  if (!tip || !suite) return;
  const actor = callerName(caller);
  const check_suite = await postedSuiteObject(context, repository, suite);
  const check_run = { ...(await postedCheckObject(context, repository, row)), check_suite };
  await context.engine.acceptEvent({
    // One may be asked for again and again.
    key: `check-run:${row.id}:${action}:${action === 'rerequested' ? newGuid() : row.updated_at}`,
    repository,
    name: 'check_run',
    activity: action,
    ...tip,
    actor,
    causingJob: causingJob(caller),
    payload: {
      action,
      check_run: check_run as unknown as Json,
      repository: { ...repositoryObject(repository, publicUrl) },
      sender: { ...userObject(actor, publicUrl) },
    },
  });
}
