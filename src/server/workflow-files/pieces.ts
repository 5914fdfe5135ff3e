/**
 * A workflow on its way from the reader thread: in pieces, since the server takes up one at a time, and a file with
 * thousands of jobs would hold it up if it came as a whole.
 */
import { deserialize, serialize } from 'node:v8';
import type { Workflow, WorkflowJob, WorkflowStep } from '../../workflow/index.ts';

/** Jobs and steps in a piece; some 50 KiB, which take a millisecond. */
const PIECE_ITEMS = 100;

/** A job without its steps, or further steps of the last job. */
type Part = WorkflowJob | WorkflowStep[];

/** The workflow without jobs, then its jobs. */
export function toPieces(workflow: Workflow): Uint8Array[] {
  const pieces: Uint8Array[] = [serialize({ ...workflow, jobs: [] })];
  let parts: Part[] = [];
  let items = 0;
  for (const part of partsOf(workflow.jobs)) {
    parts.push(part);
    items += Array.isArray(part) ? part.length : 1;
    if (items < PIECE_ITEMS) continue;
    pieces.push(serialize(parts));
    parts = [];
    items = 0;
  }
  return [...pieces, serialize(parts)];
}

function* partsOf(jobs: WorkflowJob[]): Generator<Part> {
  for (const job of jobs) {
    yield { ...job, steps: [] };
    for (let at = 0; at < job.steps.length; at += PIECE_ITEMS) yield job.steps.slice(at, at + PIECE_ITEMS);
  }
}

/** @param rest is awaited between two pieces: the turn of others */
export async function fromPieces([first, ...others]: Uint8Array[], rest: () => Promise<void>): Promise<Workflow> {
  const workflow: Workflow = deserialize(first ?? new Uint8Array());
  for (const piece of others) {
    await rest();
    for (const part of deserialize(piece) as Part[]) {
      if (Array.isArray(part)) workflow.jobs.at(-1)?.steps.push(...part);
      else workflow.jobs.push(part);
    }
  }
  return workflow;
}
