/** Calls that wait for themselves: the same concurrency group on both sides (SEM-8.8). */
import type { TemplateToken } from '../protocol/runner/tokens.ts';
import type { CalledFile, Workflow, WorkflowJob } from './model.ts';
import { isExpression, isMappingToken, literalText, member } from './tokens.ts';

/** Whether a called file or one of its jobs is surely in a group that a file or a job is in that leads to it. */
export function sharesGroup(callers: { file: CalledFile; job: WorkflowJob }[], { workflow }: CalledFile): boolean {
  const held = callers.flatMap(({ file, job }) => [file.workflow.concurrency, job.concurrency]);
  return overlap(held, [workflow.concurrency, ...workflow.jobs.map(({ concurrency }) => concurrency)]);
}

/** The jobs that surely are in the group of their own workflow. */
export function jobsInOwnGroup(workflow: Pick<Workflow, 'concurrency' | 'jobs'>): WorkflowJob[] {
  return workflow.jobs.filter((job) => overlap([workflow.concurrency], [job.concurrency]));
}

function overlap(held: TemplateToken[], wanted: TemplateToken[]): boolean {
  const groups = new Set(held.map(comparableGroup));
  return wanted.map(comparableGroup).some((group) => group !== null && groups.has(group));
}

/** Contexts whose values differ between a workflow, its jobs and what these call. */
const DIFFERING = /\b(?:inputs|needs|strategy|matrix)\b/i;

/** Equal for groups that surely are the same; `null` for none and for what cannot be compared. */
function comparableGroup(concurrency: TemplateToken): string | null {
  const group = isMappingToken(concurrency) ? member(concurrency, 'group') : concurrency;
  if (isExpression(group)) return DIFFERING.test(group.expr) ? null : `\${{ ${group.expr.trim()} }}`;
  return literalText(group)?.toLowerCase() || null;
}
