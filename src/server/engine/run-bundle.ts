import { notFound } from '../../common/errors.ts';
import { sha256Hex } from '../../common/ids.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Queries } from '../../store/database.ts';
import { type JobRow, jobsOfKeys, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRun, type RunRow, workflowText } from '../../store/runs.ts';
import { type JobResult, readWorkflow, type Workflow } from '../../workflow/index.ts';

/** Everything that decides how a run goes on. */
export interface RunBundle {
  run: RunRow;
  repository: RepositoryRow;
  workflowPath: string;
  workflow: Workflow;
  jobs: JobRow[];
  /** The `vars` context. */
  vars: Record<string, string>;
}

/** Parsed workflow files kept in memory. */
const CACHE_SIZE = 200;

/** Parses each text once; a text never changes, so its hash is its name. */
export class WorkflowCache {
  readonly #parsed = new Map<string, Workflow>();

  read(path: string, text: string): Workflow {
    const key = cacheKey(sha256Hex(text), path);
    const known = this.#parsed.get(key);
    if (known) return known;
    const workflow = readWorkflow({ path, text });
    const oldest = this.#parsed.keys().next().value;
    if (this.#parsed.size >= CACHE_SIZE && oldest !== undefined) this.#parsed.delete(oldest);
    this.#parsed.set(key, workflow);
    return workflow;
  }

  /** Loads GitHub's schema and warms the reader up, so that the first push does not wait a fifth of a second for it. */
  warmUp(): void {
    readWorkflow({
      path: 'warm-up',
      text: 'on: push\njobs: { a: { runs-on: x, steps: [{ run: "${{ github.sha }}" }] } }',
    });
  }

  find(hash: string, path: string): Workflow | undefined {
    return this.#parsed.get(cacheKey(hash, path));
  }
}

const cacheKey = (hash: string, path: string): string => `${hash} ${path}`;

/**
 * @param keys only jobs of these keys; without it all
 * @returns undefined when there is no such run
 */
export async function loadRun(
  db: Queries,
  cache: WorkflowCache,
  runId: number,
  keys?: string[],
): Promise<RunBundle | undefined> {
  const run = await findRun(db, runId);
  if (!run) return undefined;
  const [repository, { path }, jobs, variables] = await Promise.all([
    db.selectFrom('repositories').selectAll().where('id', '=', run.repository_id).executeTakeFirstOrThrow(),
    db.selectFrom('workflows').select('path').where('id', '=', run.workflow_id).executeTakeFirstOrThrow(),
    keys ? jobsOfKeys(db, runId, keys) : jobsOfRun(db, runId),
    db.selectFrom('variables').select(['name', 'value']).where('repository_id', '=', run.repository_id).execute(),
  ]);
  return {
    run,
    repository,
    workflowPath: path,
    workflow: await workflowOf(db, cache, run.text_hash, path),
    jobs,
    vars: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
  };
}

/** The parsed file of a run. */
export async function workflowOf(db: Queries, cache: WorkflowCache, textHash: string, path: string): Promise<Workflow> {
  return cache.find(textHash, path) ?? cache.read(path, await workflowText(db, textHash));
}

/** @throws UserError 404 */
export async function loadRunOrThrow(
  db: Queries,
  cache: WorkflowCache,
  runId: number,
  keys?: string[],
): Promise<RunBundle> {
  const bundle = await loadRun(db, cache, runId, keys);
  if (bundle) return bundle;
  throw notFound(`Run ${runId}`);
}

/**
 * What dependants see of a job key once all its combinations have completed: failure > cancelled > success, skipped
 * only if all were (SEM-10.15); a failure with continue-on-error counts as success (SEM-9.8).
 * @returns undefined while one has not completed
 */
export function resultOf(jobs: JobRow[], key: string): JobResult | undefined {
  const combinations = jobs.filter((job) => job.key === key);
  if (combinations.length === 0 || combinations.some(({ phase }) => phase !== 'completed')) return undefined;
  const results = combinations.map(effectiveResult);
  for (const worst of ['failure', 'cancelled', 'success'] as const) if (results.includes(worst)) return worst;
  return 'skipped';
}

export function effectiveResult(job: JobRow): JobResult {
  switch (job.conclusion) {
    case 'success':
    case 'skipped':
    case 'cancelled':
      return job.conclusion;
    default:
      return job.continue_on_error ? 'success' : 'failure';
  }
}

/** The `needs` context: direct needs only (SEM-9.8); outputs merged over a matrix, the last to finish wins (10.17). */
export function needsContext(bundle: RunBundle, needs: string[]): Record<string, Json> {
  return Object.fromEntries(
    needs.map((key) => {
      const finished = bundle.jobs
        .filter((job) => job.key === key && job.phase === 'completed')
        .sort((a, b) => (a.completed_at ?? '').localeCompare(b.completed_at ?? ''));
      const outputs: Record<string, string> = {};
      for (const job of finished) {
        for (const [name, value] of Object.entries(JSON.parse(job.outputs) as Record<string, string>)) {
          if (value !== '' || !(name in outputs)) outputs[name] = value;
        }
      }
      return [key, { result: resultOf(bundle.jobs, key) ?? '', outputs }];
    }),
  );
}

/** The `github` context (SEM-22.1, 22.2). Ids and counters are strings, so that they are exported as variables. */
export function githubContext(bundle: RunBundle, publicUrl: string): Record<string, Json> {
  const { run, repository, workflow } = bundle;
  const fullName = `${repository.owner}/${repository.name}`;
  const isTag = run.ref.startsWith('refs/tags/');
  return {
    actor: run.actor,
    actor_id: '1',
    api_url: `${publicUrl}/api/v3`,
    base_ref: '',
    event: JSON.parse(run.payload) as Json,
    event_name: run.event,
    graphql_url: `${publicUrl}/api/graphql`,
    head_ref: '',
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(heads|tags)\//, ''),
    ref_protected: false,
    ref_type: isTag ? 'tag' : 'branch',
    repository: fullName,
    repository_id: String(repository.id),
    repository_owner: repository.owner,
    repository_owner_id: '1',
    repositoryUrl: `${publicUrl.replace(/^http/, 'git')}/${fullName}.git`,
    repository_visibility: 'private',
    retention_days: '90',
    run_attempt: String(run.attempt),
    run_id: String(run.id),
    run_number: String(run.run_number),
    secret_source: 'Actions',
    server_url: publicUrl,
    sha: run.sha,
    triggering_actor: run.actor,
    workflow: workflow.name,
    workflow_ref: `${fullName}/${bundle.workflowPath}@${run.ref}`,
    workflow_sha: run.sha,
  };
}
