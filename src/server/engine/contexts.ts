/** What expressions of a run see (SEM-22), from its rows. */
import type { Json } from '../../protocol/runner/tokens.ts';
import type { JobRow } from '../../store/jobs.ts';
import { githubContext, type JobResult, type JobState, transitiveNeeds } from '../../workflow/index.ts';
import { artifactLimits } from '../artifacts/limits.ts';
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
  return { github: githubOf(bundle, publicUrl), vars: bundle.vars, inputs };
}

export function conditionState(level: Level, job: JobRow, contexts: Record<string, Json>): JobState {
  const ancestors = transitiveNeeds(level.workflow, job.key);
  const ancestorResults = Object.fromEntries(ancestors.map((key) => [key, resultOf(level.jobs, key) ?? 'skipped']));
  return { contexts, ancestorResults, cancelled: level.bundle.run.cancel_requested_at !== null };
}

export function githubOf(
  {
    run,
    repository,
    workflow,
    workflowPath,
  }: Pick<RunBundle, 'run' | 'repository' | 'workflowPath'> & { workflow: { name: string } },
  publicUrl: string,
): Record<string, Json> {
  return githubContext({
    event: run.event,
    payload: JSON.parse(run.payload) as Record<string, Json>,
    ref: run.ref,
    sha: run.sha,
    actor: run.actor,
    triggeringActor: run.triggering_actor,
    repository: { id: String(repository.id), owner: repository.owner, name: repository.name },
    workflow: { name: workflow.name, path: workflowPath },
    runId: String(run.id),
    runNumber: String(run.run_number),
    attempt: String(run.attempt),
    serverUrl: publicUrl,
    apiUrl: `${publicUrl}/api/v3`,
    graphqlUrl: `${publicUrl}/api/graphql`,
    retentionDays: artifactLimits().retentionDays,
  });
}
