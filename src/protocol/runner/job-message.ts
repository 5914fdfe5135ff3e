/**
 * The job message that `acquirejob` answers with. Source: runner-protocol 6.
 * Field names are the wire's; fields that our server never sends and our runner never reads are left out.
 */
import type { ContextData, TemplateToken } from './tokens.ts';

export interface JobMessage {
  /** Switches worker and listener to the run-service code path. */
  messageType: 'RunnerJobRequest';
  plan: { scopeIdentifier: string; planType: string; version: number; planId: string; planGroup: string };
  timeline: { id: string; changeId: number; location: null };
  /** Record id of the job, a GUID: `workflow_job_run_backend_id` of the results service. */
  jobId: string;
  jobDisplayName: string;
  /** The job's key in the workflow file. */
  jobName: string;
  requestId: number;
  lockedUntil: string;
  resources: { endpoints: ServiceEndpoint[]; repositories: never[]; containers: never[] };
  /** Names compare without case. A secret one becomes `secrets.NAME`, except `system.*`. */
  variables: Record<string, JobVariable>;
  steps: MessageStep[];
  contextData: Record<string, ContextData>;
  jobContainer: TemplateToken;
  jobServiceContainers: TemplateToken;
  jobOutputs: TemplateToken;
  /** Mappings, later wins: workflow env, then job env. */
  environmentVariables: TemplateToken[];
  /** Mappings with the key `run`; later wins per key. */
  defaults: TemplateToken[];
  actionsEnvironment?: { name: string; url?: TemplateToken };
  workspace?: { clean: string };
  mask: { type: 'regex'; value: string }[];
  /** File names that `TemplateToken.file` points at, from 1. */
  fileTable: string[];
}

export interface JobVariable {
  value: string;
  isSecret?: boolean;
}

export interface ServiceEndpoint {
  id: string;
  /** Exactly one is called `SystemVssConnection`. */
  name: string;
  url: string;
  authorization: { scheme: 'OAuth'; parameters: { AccessToken: string } };
  data: Partial<
    Record<
      'CacheServerUrl' | 'ResultsServiceUrl' | 'PipelinesServiceUrl' | 'GenerateIdTokenUrl' | 'FeedStreamUrl',
      string
    >
  >;
}

export interface JobStep {
  type: 'action';
  /** Record GUID in the results service; unique in the job. */
  id: string;
  name: string;
  displayNameToken?: TemplateToken;
  /** Key in `steps.<id>`; names that start with `__` are generated and publish no outputs. */
  contextName: string;
  enabled: boolean;
  /** Expression without `${{ }}`; already wrapped in `success() && (…)` where needed. */
  condition: string;
  continueOnError: TemplateToken;
  timeoutInMinutes: TemplateToken;
  reference: StepReference;
  inputs: TemplateToken;
  environment: TemplateToken;
  /** Left to itself until a control step covers it (SEM-18.1). */
  background?: boolean;
  /** The same for the steps of one `parallel` and the wait behind them. */
  parallelGroupId?: string;
}

/** Waits for background steps, or ends them (SEM-18.2). */
export interface BackgroundStepControl {
  type: 'backgroundStepControl';
  id: string;
  /** Key in `steps.<id>`, as `contextName` of a `JobStep`. */
  name: string;
  displayNameToken?: TemplateToken;
  condition?: string;
  continueOnError?: TemplateToken;
  controlType: 'wait' | 'wait-all' | 'cancel';
  /** `contextName` of each; none for `wait-all`. */
  stepIds?: string[];
  parallelGroupId?: string;
}

export type MessageStep = JobStep | BackgroundStepControl;

export type StepReference =
  | { type: 'script' }
  | { type: 'repository'; repositoryType: 'GitHub'; name: string; ref: string; path?: string }
  | { type: 'repository'; repositoryType: 'self'; path: string }
  | { type: 'containerRegistry'; image: string };

/** The endpoint every job message has exactly one of (runner-protocol 6.2). */
export const SYSTEM_CONNECTION = 'SystemVssConnection';

/** @throws Error when the message has no system connection */
export function systemConnection(message: JobMessage): ServiceEndpoint {
  const endpoint = message.resources.endpoints.find(({ name }) => name === SYSTEM_CONNECTION);
  if (!endpoint) throw new Error(`the job message has no ${SYSTEM_CONNECTION} endpoint`);
  return endpoint;
}
