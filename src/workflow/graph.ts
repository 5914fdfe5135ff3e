/** The graph of jobs. Reading has made sure that it has no cycles; with errors in the file nothing here may be asked. */
import type { Workflow, WorkflowJob } from './model.ts';

/** @throws Error when the workflow has no such job: our bug, keys come from the workflow itself */
export function jobOf(workflow: Workflow, key: string): WorkflowJob {
  const job = workflow.jobs.find((candidate) => candidate.key === key);
  if (!job) throw new Error(`${workflow.path} has no job ${key}`);
  return job;
}

/** Keys of every ancestor, in file order. */
export function transitiveNeeds(workflow: Workflow, key: string): string[] {
  const needs = new Map(workflow.jobs.map((job) => [job.key, job.needs]));
  const found = new Set<string>();
  const pending = [...(needs.get(key) ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    pending.push(...(needs.get(next) ?? []));
  }
  return workflow.jobs.map((job) => job.key).filter((candidate) => found.has(candidate));
}

/** Keys of the jobs that need this one directly, in file order. */
export function dependents(workflow: Workflow, key: string): string[] {
  return workflow.jobs.filter(({ needs }) => needs.includes(key)).map((job) => job.key);
}

/** Keys of the jobs whose needs have all completed (SEM-9.2) and that are not decided yet, in file order. */
export function readyJobs(workflow: Workflow, completed: ReadonlySet<string>, decided: ReadonlySet<string>): string[] {
  const ready = workflow.jobs.filter(
    ({ key, needs }) => !decided.has(key) && needs.every((need) => completed.has(need)),
  );
  return ready.map(({ key }) => key);
}
