/** Jobs that call a reusable workflow (SEM-11): each called job is a job of the run. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { insertJobs, type JobRow, moveJob } from '../../store/jobs.ts';
import { callOutputs } from '../../workflow/index.ts';
import { describeErrors, failure } from './conclude.ts';
import { aggregate, resultsContext, runContexts } from './contexts.ts';
import { endJob } from './job-end.ts';
import { newJob } from './new-job.ts';
import type { EngineOptions } from './options.ts';
import type { Level, RunBundle } from './run-bundle.ts';
import type { Unit } from './unit.ts';

/** Makes the called jobs; the caller waits for them. */
export async function startCall(unit: Unit, bundle: RunBundle, job: JobRow): Promise<void> {
  const level = bundle.levels.get(job.id);
  if (!level) throw new Error(`run ${bundle.run.id} has no file for the call of job ${job.id}`);
  const calling = await moveJob(unit.db, job.id, ['held', 'pending', 'waiting'], {
    phase: 'calling',
    started_at: unit.at,
    reason: null,
  });
  if (!calling) return;
  unit.moved(calling);
  unit.changed('job', job.id);
  // In a re-run of some of them they are there already.
  if (level.jobs.length === 0) {
    const called = level.workflow.jobs.map((declared) => newJob(bundle.run, declared, unit.at, level));
    await insertJobs(unit.db, called);
  }
  unit.follow({ kind: 'advance', runId: job.run_id });
}

/** Ends the calls whose jobs have all completed (SEM-11.8, 11.9). @returns whether there was one */
export async function concludeCalls(unit: Unit, options: EngineOptions, bundle: RunBundle): Promise<boolean> {
  const done = [...bundle.levels.values()].filter(
    ({ caller, jobs }) => caller?.phase === 'calling' && jobs.every(({ phase }) => phase === 'completed'),
  );
  for (const level of done) await concludeCall(unit, options, level);
  return done.length > 0;
}

async function concludeCall(unit: Unit, options: EngineOptions, level: Level): Promise<void> {
  const { caller, workflow, jobs } = level;
  if (!caller) return;
  const results: Json = resultsContext(
    level,
    workflow.jobs.map(({ key }) => key),
  );
  const outputs = callOutputs(workflow, { ...runContexts(level, options.publicUrl()), jobs: results });
  if (outputs.ok) {
    await endJob(unit, caller, { conclusion: aggregate(jobs), reason: null, outputs: outputs.value });
    return;
  }
  const message = describeErrors(outputs.errors);
  await endJob(unit, caller, { conclusion: 'failure', reason: message, annotations: [failure(message)] });
}
