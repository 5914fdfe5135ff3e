/** What expressions of a run see (SEM-22), from its rows. */
import type { Json } from '../../protocol/runner/tokens.ts';
import type { JobRow } from '../../store/jobs.ts';
import { type JobResult, type JobState, transitiveNeeds } from '../../workflow/index.ts';
import type { Level, RunBundle } from './run-bundle.ts';

export const parseKeys = (text: string): string[] => JSON.parse(text) as string[];

/**
 * What dependants see of a job key once all its combinations have completed: failure > cancelled > success, skipped
 * only if all were (SEM-10.15); a failure with continue-on-error counts as success (SEM-9.8).
 * @returns undefined while one has not completed
 */
export function resultOf(jobs: JobRow[], key: string): JobResult | undefined {
  const combinations = jobs.filter((job) => job.key === key);
  if (combinations.length === 0 || combinations.some(({ phase }) => phase !== 'completed')) return undefined;
  return aggregate(combinations);
}

/** SEM-9.9, 10.15 and 11.9: one result for many jobs that have completed. */
export function aggregate(jobs: JobRow[]): JobResult {
  const results = jobs.map(effectiveResult);
  return (['failure', 'cancelled', 'success'] as const).find((result) => results.includes(result)) ?? 'skipped';
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

/** Outputs merged over a matrix: of each name the last to finish with a value wins (SEM-10.17). */
export function outputsOf(jobs: JobRow[], key: string): Record<string, string> {
  const finished = jobs
    .filter((job) => job.key === key && job.phase === 'completed')
    .sort((a, b) => (a.completed_at ?? '').localeCompare(b.completed_at ?? ''));
  const outputs: Record<string, string> = {};
  for (const job of finished) {
    for (const [name, value] of Object.entries(JSON.parse(job.outputs) as Record<string, string>)) {
      if (value !== '' || !Object.hasOwn(outputs, name)) outputs[name] = value;
    }
  }
  return outputs;
}

/** `needs` or `jobs` for these keys. */
export function resultsContext({ jobs }: Level, keys: string[]): Record<string, Json> {
  return Object.fromEntries(
    keys.map((key) => [key, { result: resultOf(jobs, key) ?? '', outputs: outputsOf(jobs, key) }]),
  );
}

export function jobContexts(level: Level, job: JobRow, publicUrl: string): Record<string, Json> {
  return {
    ...runContexts(level, publicUrl),
    // Direct needs only (SEM-9.8).
    needs: resultsContext(level, parseKeys(job.needs)),
  };
}

/** What a workflow as a whole can see. */
export function runContexts({ bundle, inputs }: Level, publicUrl: string): Record<string, Json> {
  return { github: githubContext(bundle, publicUrl), vars: bundle.vars, inputs };
}

export function conditionState(level: Level, job: JobRow, contexts: Record<string, Json>): JobState {
  const ancestors = transitiveNeeds(level.workflow, job.key);
  const ancestorResults = Object.fromEntries(ancestors.map((key) => [key, resultOf(level.jobs, key) ?? 'skipped']));
  return { contexts, ancestorResults, cancelled: level.bundle.run.cancel_requested_at !== null };
}

/** The `github` context (SEM-22.1, 22.2). Ids and counters are strings, so that they are exported as variables. */
export function githubContext(bundle: RunBundle, publicUrl: string): Record<string, Json> {
  const { run, repository, workflow } = bundle;
  const fullName = `${repository.owner}/${repository.name}`;
  const event = JSON.parse(run.payload) as Record<string, Json>;
  const { head, base } = pullRequestRefs(run.event, event);
  return {
    actor: run.actor,
    actor_id: '1',
    api_url: `${publicUrl}/api/v3`,
    base_ref: base,
    event,
    event_name: run.event,
    graphql_url: `${publicUrl}/api/graphql`,
    head_ref: head,
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_protected: false,
    ref_type: run.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
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
    triggering_actor: run.triggering_actor,
    workflow: workflow.name,
    workflow_ref: `${fullName}/${bundle.workflowPath}@${run.ref}`,
    workflow_sha: run.sha,
  };
}

/** `head_ref` and `base_ref` are there for events of pull requests only. */
function pullRequestRefs(name: string, event: Record<string, Json>): { head: string; base: string } {
  const pull = name.startsWith('pull_request') ? event.pull_request : null;
  return { head: refOf(pull, 'head'), base: refOf(pull, 'base') };
}

function refOf(pull: Json | undefined, side: 'head' | 'base'): string {
  const part = isRecord(pull) ? pull[side] : null;
  const ref = isRecord(part) ? part.ref : null;
  return typeof ref === 'string' ? ref : '';
}

const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
