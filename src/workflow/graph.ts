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
