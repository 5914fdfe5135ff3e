/** What is wrong with a file that the schema cannot say: values without expressions that can never be right. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { groupProblem, queueProblem } from '../concurrency.ts';
import { emptyVector, NO_VECTOR } from '../matrix.ts';
import { runnerGroupProblem } from '../runs-on.ts';
import {
  isAbsent,
  isLiteral,
  isMappingToken,
  isObjectToken,
  isSequenceToken,
  literalOf,
  literalText,
  member,
  membersOf,
} from '../tokens.ts';
import type { Problems } from './problems.ts';

/** @param root of a file that fits the schema: what does not would be complained of twice */
export function checkValues(root: TemplateToken, errors: Problems): void {
  checkConcurrency(member(root, 'concurrency'), errors);
  for (const { name, key, value } of membersOf(member(root, 'jobs'))) {
    report(stepsProblem(name, value), key, errors);
    checkJob(value, errors);
  }
}

function checkJob(body: TemplateToken, errors: Problems): void {
  const group = member(member(body, 'runs-on'), 'group');
  report(runnerGroupProblem(literalText(group) ?? ''), group, errors);
  checkConcurrency(member(body, 'concurrency'), errors);
  checkMatrix(member(member(body, 'strategy'), 'matrix'), errors);
  for (const { value } of membersOf(member(body, 'services'))) checkImage(value, true, errors);
  checkImage(member(body, 'container'), false, errors);
}

function stepsProblem(key: string, body: TemplateToken): string | undefined {
  const steps = member(body, 'steps');
  if (!isAbsent(member(body, 'uses')) || (isSequenceToken(steps) && steps.seq.length > 0)) return undefined;
  return `No steps defined in \`steps\` and no workflow called in \`uses\` for the following jobs: ${key}`;
}

/** SEM-8.1, 8.3: of a job or of the workflow. */
function checkConcurrency(token: TemplateToken, errors: Problems): void {
  if (isAbsent(token)) return;
  const part = (name: string): TemplateToken => member(token, name);
  const group = literalText(isMappingToken(token) ? part('group') : token);
  report(group === undefined ? undefined : groupProblem(group), token, errors);
  report(queueProblem(literalOf(part('queue')), literalOf(part('cancel-in-progress'))), token, errors);
}

/** SEM-10.2. The rest of a matrix is looked at when its job is ready: that can be much work. */
function checkMatrix(token: TemplateToken, errors: Problems): void {
  if (!isMappingToken(token)) return;
  const members = membersOf(token);
  const isEmpty = (value: TemplateToken): boolean => isSequenceToken(value) && value.seq.length === 0;
  const vectors = members.filter(({ name }) => !['include', 'exclude'].includes(name));
  for (const { name, value } of vectors) report(isEmpty(value) ? emptyVector(name) : undefined, value, errors);
  const included = members.some(({ name, value }) => name === 'include' && !isEmpty(value));
  const hasNone = vectors.length === 0 && !included && members.length === token.map.length;
  report(hasNone ? NO_VECTOR : undefined, token, errors);
}

/** SEM-14.1: an empty `container` is none; a service without an image is an error. */
function checkImage(token: TemplateToken, isService: boolean, errors: Problems): void {
  if (isAbsent(token) || !isLiteral(token)) return;
  const image = literalText(isMappingToken(token) ? member(token, 'image') : token) ?? '';
  const isEmpty = image === 'docker://' || (isService && image === '');
  report(isEmpty ? 'Container image cannot be empty' : undefined, token, errors);
}

function report(problem: string | undefined, token: TemplateToken, errors: Problems): void {
  if (problem) errors.add(problem, isObjectToken(token) ? token : null);
}
