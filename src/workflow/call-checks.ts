/** What is wrong with one call of a workflow (SEM-6.4, 11.2, 11.4, 11.5). Texts are GitHub's where it has some. */
import { literalInput } from './call-values.ts';
import {
  type Callable,
  PERMISSION_SCOPES,
  type Permissions,
  type Workflow,
  type WorkflowCall,
  type WorkflowJob,
} from './model.ts';
import { isHigher } from './permissions.ts';
import type { Place } from './reader/problems.ts';
import { isObjectToken, membersOf } from './tokens.ts';

export interface CallProblem {
  message: string;
  /** In the calling file. */
  place: Place;
}

/**
 * @param name of the called file, for people
 * @param allowed what the calling job has
 */
export function callProblems(
  job: WorkflowJob,
  call: WorkflowCall,
  callee: Workflow,
  name: string,
  allowed: Permissions,
): CallProblem[] {
  const place = { line: call.line, col: call.column };
  if (callee.errors.length > 0) return calleeErrors(callee, name).map((message) => ({ message, place }));
  if (!callee.callable) {
    const why = 'workflow is not reusable as it is missing a `on.workflow_call` trigger';
    return [{ message: `error parsing called workflow "${call.uses}": ${why}`, place }];
  }
  return [
    ...inputProblems(call, callee.callable, place),
    ...secretProblems(call, callee.callable, place),
    ...escalations(call, callee, allowed).map((message) => ({ message, place: { line: job.line, col: job.column } })),
  ];
}

function calleeErrors({ errors }: Workflow, name: string): string[] {
  return errors.map(({ line, column, message }) => {
    const place = line === null ? '' : ` (Line: ${line}, Col: ${column})`;
    return `Error from called workflow ${name}${place}: ${message}`;
  });
}

function inputProblems(call: WorkflowCall, { inputs }: Callable, place: Place): CallProblem[] {
  const declared = new Map(inputs.map((input) => [input.name.toLowerCase(), input]));
  const found: CallProblem[] = [];
  const given = membersOf(call.with);
  for (const { name, value } of given) {
    const input = declared.get(name.toLowerCase());
    const unknown = `Invalid input, ${name} is not defined in the referenced workflow.`;
    const message = input ? literalInput(input.type, value) : unknown;
    if (message) found.push({ message, place: isObjectToken(value) ? value : place });
  }
  for (const name of missing(inputs, given)) {
    found.push({ message: `Input ${name} is required, but not provided while calling.`, place });
  }
  return found;
}

/** With `inherit` nothing is known before the run has its secrets. */
function secretProblems({ secrets: passed }: WorkflowCall, { secrets }: Callable, place: Place): CallProblem[] {
  if (passed === 'inherit') return [];
  const declared = new Set(secrets.map(({ name }) => name.toLowerCase()));
  const given = membersOf(passed);
  const found: CallProblem[] = [];
  for (const { name, value } of given) {
    if (declared.has(name.toLowerCase())) continue;
    const message = `Invalid secret, ${name} is not defined in the referenced workflow.`;
    found.push({ message, place: isObjectToken(value) ? value : place });
  }
  for (const name of missing(secrets, given)) {
    found.push({ message: `Secret ${name} is required, but not provided while calling.`, place });
  }
  return found;
}

function missing(declared: { name: string; required: boolean }[], given: { name: string }[]): string[] {
  const names = new Set(given.map(({ name }) => name.toLowerCase()));
  return declared.filter(({ name, required }) => required && !names.has(name.toLowerCase())).map(({ name }) => name);
}

/** SEM-6.4 */
function escalations({ uses }: WorkflowCall, callee: Workflow, allowed: Permissions): string[] {
  const requests: [string, Permissions | null][] = [
    ['The workflow', callee.permissions],
    ...callee.jobs.map((job): [string, Permissions | null] => [`The nested job '${job.key}'`, job.permissions]),
  ];
  return requests.flatMap(([who, asked]) => {
    const scopes = asked ? PERMISSION_SCOPES.filter((scope) => isHigher(asked[scope], allowed[scope])) : [];
    if (!asked || scopes.length === 0) return [];
    const listed = (levels: Permissions) => scopes.map((scope) => `${scope}: ${levels[scope]}`).join(', ');
    const levels = `is requesting '${listed(asked)}', but is only allowed '${listed(allowed)}'`;
    return [`Error calling workflow '${uses}'. ${who} ${levels}.`];
  });
}
