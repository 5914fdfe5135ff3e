/** The `jobs` key (SEM-1.13, SEM-9.1). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { WorkflowJob } from '../model.ts';
import { isAbsent, isObjectToken, literalTexts, member, membersOf } from '../tokens.ts';
import { readCall } from './call.ts';
import { readCondition } from './conditions.ts';
import { idProblem } from './ids.ts';
import { readPermissions } from './permissions.ts';
import { type ReadContext, readSteps } from './steps.ts';

export function readJobs(jobs: TemplateToken, context: ReadContext): WorkflowJob[] {
  const members = membersOf(jobs);
  const place = isObjectToken(jobs) ? jobs : null;
  if (!isAbsent(jobs) && members.length === 0) context.errors.add('The workflow must contain at least one job.', place);
  const keys = new Map(members.map(({ name }) => [name.toLowerCase(), name]));
  const read = members.map(({ name, key, value }) => readJob(name, key, value, keys, context));
  refuseCycles(read, context);
  return read;
}

function readJob(
  key: string,
  keyToken: TemplateToken,
  body: TemplateToken,
  keys: Map<string, string>,
  context: ReadContext,
): WorkflowJob {
  const part = (name: string): TemplateToken => member(body, name);
  const at = isObjectToken(keyToken) ? keyToken : undefined;
  const problem = idProblem(key);
  if (problem) context.errors.add(problem, at);
  const steps = readSteps(part('steps'), context);
  if (steps.length === 0 && !isAbsent(part('runs-on'))) context.errors.add(`No steps defined for job '${key}'.`, at);
  return {
    key,
    needs: readNeeds(key, part('needs'), keys, context),
    condition: readCondition(part('if'), 'job', context.tree, context),
    name: part('name'),
    runsOn: part('runs-on'),
    strategy: part('strategy'),
    timeoutMinutes: part('timeout-minutes'),
    cancelTimeoutMinutes: part('cancel-timeout-minutes'),
    continueOnError: part('continue-on-error'),
    environment: part('environment'),
    concurrency: part('concurrency'),
    permissions: readPermissions(part('permissions')),
    call: readCall(body, context.errors),
    outputs: part('outputs'),
    env: part('env'),
    defaults: part('defaults'),
    container: part('container'),
    services: part('services'),
    steps,
    line: at?.line ?? 1,
    column: at?.col ?? 1,
  };
}

function readNeeds(key: string, needs: TemplateToken, keys: Map<string, string>, { errors }: ReadContext): string[] {
  const found = new Set<string>();
  const items: TemplateToken[] = isObjectToken(needs) && needs.type === 1 ? needs.seq : [needs];
  for (const item of items) {
    const [wanted] = literalTexts(item);
    if (wanted === undefined) continue;
    const place = isObjectToken(item) ? item : null;
    const declared = keys.get(wanted.toLowerCase());
    if (declared === undefined) errors.add(`Job '${key}' depends on unknown job '${wanted}'.`, place);
    else if (declared === key) errors.add(`Job '${key}' depends on itself.`, place);
    else found.add(declared);
  }
  return [...found];
}

/** Reports every job that lies on a cycle, with the way around, once per cycle. */
function refuseCycles(jobs: WorkflowJob[], { errors }: ReadContext): void {
  const needs = new Map(jobs.map((job) => [job.key, job.needs]));
  const settled = new Set<string>();
  for (const job of jobs) {
    const cycle = findCycle(job.key, needs, settled);
    if (!cycle) continue;
    const way = cycle.join("' needs '");
    errors.add(`The jobs need each other in a circle: '${way}'.`, { line: job.line, col: job.column });
  }
}

/** Depth first without recursion: a file can hold thousands of jobs in one chain. */
function findCycle(start: string, needs: Map<string, string[]>, settled: Set<string>): string[] | undefined {
  const path: string[] = [];
  const pending: { key: string; leave: boolean }[] = [{ key: start, leave: false }];
  for (let step = pending.pop(); step; step = pending.pop()) {
    if (step.leave) settled.add(path.pop() ?? '');
    else if (path.includes(step.key)) {
      for (const key of path) settled.add(key);
      return [...path.slice(path.indexOf(step.key)), step.key];
    } else if (!settled.has(step.key)) {
      path.push(step.key);
      pending.push({ key: step.key, leave: true });
      for (const need of needs.get(step.key) ?? []) pending.push({ key: need, leave: false });
    }
  }
  return undefined;
}
