/** The `jobs` key (SEM-1.12, 1.13). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { WorkflowJob } from '../model.ts';
import { isMappingToken, isObjectToken, member, membersOf } from '../tokens.ts';
import { readCall } from './call.ts';
import { readCondition } from './conditions.ts';
import { idProblem } from './ids.ts';
import { checkGraph, type Need, readNeeds } from './needs.ts';
import { readPermissions } from './permissions.ts';
import { type ReadContext, readSteps } from './steps.ts';

export function readJobs(jobs: TemplateToken, context: ReadContext): WorkflowJob[] {
  if (!isMappingToken(jobs)) return [];
  const members = membersOf(jobs);
  const keys = new Map(members.map(({ name }) => [name.toLowerCase(), name]));
  const needs: Need[] = [];
  const read = members.map(({ name, key, value }) => {
    const own = readNeeds(name, member(value, 'needs'), keys);
    needs.push(...own);
    return readJob(name, key, value, own, context);
  });
  // Expressions are no keys; the schema has said so.
  if (members.length === jobs.map.length) checkGraph(read, needs, jobs, context.errors);
  return read;
}

function readJob(
  key: string,
  keyToken: TemplateToken,
  body: TemplateToken,
  needs: Need[],
  context: ReadContext,
): WorkflowJob {
  const part = (name: string): TemplateToken => member(body, name);
  const at = isObjectToken(keyToken) ? keyToken : undefined;
  const problem = idProblem(key);
  if (problem) context.errors.add(problem, at);
  return {
    key,
    needs: [...new Set(needs.flatMap(({ found }) => found ?? []))],
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
    steps: readSteps(part('steps'), context),
    line: at?.line ?? 1,
    column: at?.col ?? 1,
  };
}
