/** What an event would make of a workflow file: which jobs, where, and under which conditions. Pure. */
import type { Json } from '../../protocol/runner/tokens.ts';
import { workflowConcurrency } from '../concurrency.ts';
import { resolveDispatchInputs } from '../dispatch-inputs.ts';
import { runTitle } from '../evaluate-job.ts';
import { githubContext } from '../github-context.ts';
import { linkLocalCalls } from '../local-calls.ts';
import { matchEvent } from '../match-event.ts';
import type { Workflow } from '../model.ts';
import { type EventRequest, eventFromPayload, isFromFork, type PlannedEvent } from './event.ts';
import type { NeedResult, Plan } from './model.ts';
import { planLevel } from './plan-level.ts';

export interface PlanRequest {
  workflow: Workflow;
  /** Workflows that it may call, by path in the repository; calls of others are shown and not followed. */
  files: ReadonlyMap<string, Workflow>;
  /** No workflow file of the repository is missing in `files`: a call of another one is an error. */
  isComplete: boolean;
  event: EventRequest;
  /** `owner/name` */
  repository: string;
  /** Of `workflow_dispatch`, as given. */
  inputs: Record<string, string>;
  vars: Record<string, string>;
  /** What has become of jobs, by path: `build`, `deploy/migrate`. */
  results: Record<string, NeedResult>;
}

/** Never throws for what is in the file, the event or the results: that is in `errors`, `reason` and the jobs. */
export function planWorkflow(request: PlanRequest): Plan {
  const { workflow, files, isComplete } = request;
  const event = eventFromPayload(request.event);
  const match = matchEvent(workflow, event.facts);
  const linked = workflow.errors.length > 0 ? null : linkLocalCalls(workflow, files, isComplete);
  const empty: Plan = {
    file: workflow.path,
    workflow: workflow.name,
    event: request.event.name,
    ref: event.ref,
    sha: event.sha,
    ...match,
    errors: [...workflow.errors, ...(linked?.errors ?? [])],
    warnings: [...workflow.warnings, ...(linked?.warnings ?? [])],
    runName: null,
    concurrency: null,
    jobs: [],
  };
  return empty.triggered && empty.errors.length === 0 ? planRun(request, event, empty) : empty;
}

function planRun(request: PlanRequest, event: PlannedEvent, plan: Plan): Plan {
  const { workflow, files, vars } = request;
  const { inputs, texts, errors } = inputsOf(request);
  if (errors.length > 0)
    return { ...plan, errors: errors.map((message) => ({ file: plan.file, ...NO_PLACE, message })) };
  const { payload } = request.event;
  const github = contextOf(request, event, texts ? { ...payload, inputs: texts } : payload);
  const contexts = { github, vars, inputs };
  const concurrency = workflowConcurrency(workflow, contexts);
  if (!concurrency.ok) return { ...plan, errors: concurrency.errors };
  const results = new Map(Object.entries(request.results).map(([path, result]) => [path.toLowerCase(), result]));
  const readOnly = request.event.name.startsWith('pull_request') && isFromFork(payload);
  const jobs = planLevel(
    { files, results, github, vars, readOnly, count: 0 },
    { workflow, inputs, unknownInputs: new Set(), caller: null },
  );
  const runName = runTitle(workflow, contexts, fallbackTitle(event, payload, workflow));
  return { ...plan, runName, concurrency: concurrency.value, jobs };
}

const NO_PLACE = { line: null, column: null };

/** SEM-4.8: `inputs` has the declared types, `github.event.inputs` the texts. */
function inputsOf({ workflow, event, inputs }: PlanRequest) {
  if (event.name === 'workflow_dispatch') return resolveDispatchInputs(workflow, inputs);
  return { inputs: {}, texts: undefined, errors: [] };
}

/** SEM-5.3 */
function fallbackTitle(
  { facts }: PlannedEvent,
  { pull_request: pull }: Record<string, Json>,
  workflow: Workflow,
): string {
  const subject = facts.name === 'push' ? facts.commitMessage?.split('\n', 1)[0] : undefined;
  const title = typeof pull === 'object' && pull !== null && !Array.isArray(pull) ? pull.title : undefined;
  return subject || (typeof title === 'string' && title) || workflow.name;
}

const SERVER = 'https://github.com';

function contextOf(
  { workflow, event: { name }, repository }: PlanRequest,
  { ref, sha }: PlannedEvent,
  payload: Record<string, Json>,
): Json {
  const [owner = '', repo = ''] = repository.split('/');
  const { sender } = payload;
  const login = typeof sender === 'object' && sender !== null && !Array.isArray(sender) ? sender.login : undefined;
  const actor = typeof login === 'string' ? login : owner;
  return githubContext({
    ...{ event: name, payload, ref, sha, actor, triggeringActor: actor },
    repository: { id: '1', owner, name: repo },
    workflow,
    ...{ runId: '1', runNumber: '1', attempt: '1' },
    ...{ serverUrl: SERVER, apiUrl: 'https://api.github.com', graphqlUrl: 'https://api.github.com/graphql' },
  });
}
