/** Kind Runner: one registered runner. Source: fleet-semantics 1.2-1.4. */
import { AGE, type Kind, scopeColumns } from './kind.ts';
import { LEGACY_GROUP, type StoredObject } from './object.ts';
import { checkRunnerSpec, RunnerSpec } from './runner-spec.ts';

/**
 * `Pending` has no process yet, `Registering` has one that the server has not seen online, `Idle` and `Running` are
 * what the server says, `Succeeded` and `Failed` are over. `Created` of ARC is a pod without a phase: we have none.
 */
export type RunnerPhase = 'Pending' | 'Registering' | 'Idle' | 'Running' | 'Succeeded' | 'Failed';

export interface RunnerStatus {
  phase?: RunnerPhase;
  ready?: boolean;
  reason?: string;
  message?: string;
  registration?: { enterprise?: string; organization?: string; repository?: string; labels?: string[] };
  workflow?: Record<string, string>;
}

export interface Runner extends StoredObject {
  spec: RunnerSpec;
  status?: RunnerStatus;
}

/** The graceful part of a deletion waits behind this finalizer: the server must let the runner go first. */
export const RUNNER_FINALIZER = 'runner.actions.summerwind.dev';

/** Annotations of a Runner (fleet-semantics 1.10). On ARC they are on the pod, which we have none of. */
export const annotation = {
  /** Numeric id of the registration at the server. */
  id: 'actions-runner/id',
  /** "Please drain": by a person or by the owner. */
  unregistrationRequest: 'actions-runner/unregistration-request-timestamp',
  /** The server has let it go: it never gets a job again. */
  unregistrationComplete: 'actions-runner/unregistration-complete-timestamp',
  /** The server's last refusal to let it go, because it holds a job. */
  unregistrationFailure: 'actions-runner/unregistration-failure-message',
  /** When its set created it, RFC 3339. */
  syncTime: 'sync-time',
} as const;

export const isOver = ({ status }: Runner): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

export const runnerKind: Kind = {
  group: LEGACY_GROUP,
  kind: 'Runner',
  plural: 'runners',
  singular: 'runner',
  shortNames: [],
  spec: RunnerSpec,
  columns: [
    ...scopeColumns('spec'),
    { name: 'Status', type: 'string', path: ['status', 'phase'] },
    { name: 'Message', type: 'string', path: ['status', 'message'] },
    { name: 'WF Repo', type: 'string', path: ['status', 'workflow', 'repository'] },
    { name: 'WF Run', type: 'string', path: ['status', 'workflow', 'runID'] },
    AGE,
  ],
  check: (spec) => checkRunnerSpec(spec as RunnerSpec, 'spec'),
  runnerSpec: (spec) => ({ path: 'spec', spec: spec as RunnerSpec }),
};
