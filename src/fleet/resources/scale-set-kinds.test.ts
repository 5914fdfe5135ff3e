import { describe, expect, it } from 'vitest';
import { autoscalingRunnerSetKind } from './autoscaling-runner-set.ts';
import { ephemeralRunnerKind } from './ephemeral-runner.ts';
import { ephemeralRunnerSetKind } from './ephemeral-runner-set.ts';
import type { Kind } from './kind.ts';

const shown = ({ columns }: Kind): string[] => columns.map(({ name, path }) => `${name} .${path.join('.')}`);

describe("the columns of scale sets' kinds (fleet-semantics 11.1)", () => {
  it('are those of AutoscalingRunnerSet', () => {
    expect(shown(autoscalingRunnerSetKind)).toEqual([
      'Minimum Runners .spec.minRunners',
      'Maximum Runners .spec.maxRunners',
      'Current Runners .status.currentRunners',
      'Phase .status.phase',
      'Pending Runners .status.pendingEphemeralRunners',
      'Running Runners .status.runningEphemeralRunners',
      'Finished Runners .status.finishedEphemeralRunners',
      'Deleting Runners .status.deletingEphemeralRunners',
    ]);
  });

  it('are those of EphemeralRunnerSet', () => {
    expect(shown(ephemeralRunnerSetKind)).toEqual([
      'DesiredReplicas .spec.replicas',
      'CurrentReplicas .status.currentReplicas',
      'Pending Runners .status.pendingEphemeralRunners',
      'Running Runners .status.runningEphemeralRunners',
      'Finished Runners .status.finishedEphemeralRunners',
      'Deleting Runners .status.deletingEphemeralRunners',
      'Phase .status.phase',
    ]);
  });

  it('are those of EphemeralRunner', () => {
    expect(shown(ephemeralRunnerKind)).toEqual([
      'GitHub Config URL .spec.githubConfigUrl',
      'RunnerId .status.runnerId',
      'Phase .status.phase',
      'JobRepository .status.jobRepositoryName',
      'JobWorkflowRef .status.jobWorkflowRef',
      'WorkflowRunId .status.workflowRunId',
      'JobDisplayName .status.jobDisplayName',
      'JobId .status.jobId',
      'Message .status.message',
      'Age .metadata.creationTimestamp',
    ]);
  });
});

describe('a scale set that changes', () => {
  it('stays at its place', () => {
    const before = { spec: { githubConfigUrl: 'https://ghes.example/octo' } } as never;
    const change = (url: string) => autoscalingRunnerSetKind.checkChange?.(before, { spec: { githubConfigUrl: url } });
    expect(change('https://ghes.example/octo')).toEqual([]);
    expect(change('https://ghes.example/other')).toMatchObject([{ field: 'spec.githubConfigUrl' }]);
  });
});
