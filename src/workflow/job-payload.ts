/** The parts of a job message that come from the workflow file, unevaluated (SEM-5.8; runner-protocol 6.5, 6.6, 6.8). */
import type { BackgroundStepControl, JobMessage, JobStep, StepReference } from '../protocol/runner/job-message.ts';
import { type TemplatePair, type TemplateToken, TokenType } from '../protocol/runner/tokens.ts';
import { jobOf } from './graph.ts';
import type { CalledFile, ResolvedJob, StepControl, WorkflowOrigin, WorkflowStep } from './model.ts';
import { compact, isAbsent, isMappingToken, member } from './tokens.ts';

export type JobPayload = Pick<
  JobMessage,
  | 'steps'
  | 'environmentVariables'
  | 'defaults'
  | 'jobOutputs'
  | 'jobContainer'
  | 'jobServiceContainers'
  | 'fileTable'
  | 'actionsEnvironment'
>;

/**
 * @param file that the job is written in
 * @param newId gives a new GUID for each step
 * @param environment the job's resolved one
 */
export function jobPayload(
  { workflow, origin }: CalledFile,
  key: string,
  newId: () => string,
  environment: ResolvedJob['environment'] = null,
): JobPayload {
  const job = jobOf(workflow, key);
  const url = isMappingToken(job.environment) ? member(job.environment, 'url') : null;
  return {
    steps: messageSteps(job.steps, newId, origin),
    environmentVariables: given([workflow.env, job.env]),
    defaults: given([workflow.defaults, job.defaults]),
    jobOutputs: orNull(job.outputs),
    jobContainer: orNull(job.container),
    jobServiceContainers: orNull(job.services),
    fileTable: [workflow.path],
    ...(environment ? { actionsEnvironment: { name: environment.name, url: orNull(url) } } : {}),
  };
}

const orNull = (token: TemplateToken): TemplateToken => (isAbsent(token) ? null : compact(token));

const given = (tokens: TemplateToken[]): TemplateToken[] => tokens.filter((token) => !isAbsent(token)).map(compact);

function messageSteps(steps: WorkflowStep[], newId: () => string, origin: WorkflowOrigin): JobMessage['steps'] {
  const groups = new Map<number, string>();
  return steps.map((step) => {
    if (step.group !== undefined && !groups.has(step.group)) groups.set(step.group, newId());
    const parallelGroupId = groups.get(step.group ?? -1);
    const grouped = parallelGroupId === undefined ? {} : { parallelGroupId };
    const id = newId();
    if (step.control) return { ...controlStep(step, step.control, id), ...grouped };
    return { ...jobStep(step, id, origin), ...(step.background ? { background: true } : {}), ...grouped };
  });
}

/** As GitHub calls them. */
const CONTROL_NAMES = { wait: 'Wait', 'wait-all': 'Wait for all', cancel: 'Cancel' } as const;

function controlStep(step: WorkflowStep, { type, targets }: StepControl, id: string): BackgroundStepControl {
  const name = step.group === undefined ? CONTROL_NAMES[type] : 'Wait for parallel steps';
  return {
    type: 'backgroundStepControl',
    id,
    name: step.contextName,
    displayNameToken: isAbsent(step.name) ? name : compact(step.name),
    condition: 'always()',
    continueOnError: isAbsent(step.continueOnError) ? false : compact(step.continueOnError),
    controlType: type,
    ...(type === 'wait-all' ? {} : { stepIds: targets }),
  };
}

function jobStep(step: WorkflowStep, id: string, origin: WorkflowOrigin): JobStep {
  return {
    type: 'action',
    id,
    name: step.contextName,
    ...(isAbsent(step.name) ? {} : { displayNameToken: compact(step.name) }),
    contextName: step.contextName,
    enabled: true,
    condition: step.condition,
    continueOnError: isAbsent(step.continueOnError) ? false : compact(step.continueOnError),
    timeoutInMinutes: orNull(step.timeoutMinutes),
    reference: referenceOf(step.uses, origin),
    inputs: step.uses === undefined ? scriptInputs(step) : withInputs(step.with),
    environment: orNull(step.env),
  };
}

/** The wire spells `workingDirectory` so. */
function scriptInputs({ run, shell, workingDirectory }: WorkflowStep): TemplateToken {
  const inputs: [string, TemplateToken][] = [
    ['script', run ?? ''],
    ['shell', shell],
    ['workingDirectory', workingDirectory],
  ];
  const map: TemplatePair[] = inputs
    .filter(([name, value]) => name === 'script' || !isAbsent(value))
    .map(([name, value]) => ({ Key: name, Value: isAbsent(value) ? '' : compact(value) }));
  return { type: TokenType.mapping, map };
}

const withInputs = (token: TemplateToken): TemplateToken =>
  isAbsent(token) ? { type: TokenType.mapping, map: [] } : compact(token);

function referenceOf(uses: string | undefined, origin: WorkflowOrigin): StepReference {
  if (uses === undefined) return { type: 'script' };
  if (uses.startsWith('docker://')) return { type: 'containerRegistry', image: uses.slice('docker://'.length) };
  if (uses.startsWith('./') || uses.startsWith('.\\')) {
    return { type: 'repository', repositoryType: 'self', path: uses };
  }
  // SEM-17.1: of the file's own repository and commit, which every runner downloads like any other.
  if (uses.startsWith('$/')) return remoteAction(`${origin.repository}/${uses.slice('$/'.length)}@${origin.sha}`);
  return remoteAction(uses);
}

/** `owner/repo[/path]@ref`; reading has checked the form. */
function remoteAction(uses: string): StepReference {
  const at = uses.indexOf('@');
  const [owner = '', repository = '', ...path] = uses.slice(0, at).split(/[\\/]/);
  const reference = { name: `${owner}/${repository}`, ref: uses.slice(at + 1) };
  const folder = path.filter((part) => part !== '').join('/');
  return { type: 'repository', repositoryType: 'GitHub', ...reference, ...(folder ? { path: folder } : {}) };
}
