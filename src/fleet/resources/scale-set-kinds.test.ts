import { describe, expect, it } from 'vitest';
import { admit } from './admission.ts';
import { autoscalingRunnerSetKind } from './autoscaling-runner-set.ts';
import { ephemeralRunnerKind } from './ephemeral-runner.ts';
import { ephemeralRunnerSetKind } from './ephemeral-runner-set.ts';
import type { Kind } from './kind.ts';
import type { StoredObject } from './object.ts';

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

describe('a scale set that is refused, or taken with a warning', () => {
  const set = (spec: object, name = 'arc') => ({
    apiVersion: 'actions.github.com/v1alpha1',
    kind: 'AutoscalingRunnerSet',
    metadata: { name },
    spec: { githubConfigUrl: 'https://github.com/octo', ...spec },
  });

  it.each([
    [{ minRunners: 3, maxRunners: 2 }, 'spec.maxRunners: Invalid value: 2: must be at least minRunners'],
    [{ maxRunners: -1 }, 'spec.maxRunners: Invalid value: Too small: expected number to be >=0'],
    [{ githubConfigUrl: '' }, 'spec.githubConfigUrl: Required value: this field must be set'],
    [
      { githubConfigUrl: 'github.com/octo' },
      'spec.githubConfigUrl: Invalid value: "github.com/octo": must be the address of a repository, an organization or an enterprise',
    ],
    [
      { githubConfigUrl: 'https://github.com' },
      'spec.githubConfigUrl: Invalid value: "https://github.com": must be the address of a repository, an organization or an enterprise',
    ],
  ])('refuses %j by one sentence', (spec, text) => {
    expect(() => admit(autoscalingRunnerSetKind, set(spec))).toThrow(
      `AutoscalingRunnerSet.actions.github.com "arc" is invalid: ${text}`,
    );
  });

  it('tells that another is the same scale set at the same place', () => {
    const others = [set({ runnerScaleSetName: 'ARC' }, 'older')] as unknown as StoredObject[];
    const told = (spec: object) =>
      autoscalingRunnerSetKind
        .warnings?.({ name: 'arc', spec: set(spec).spec }, () => others)
        .map(({ message }) => message);
    expect(told({})).toEqual([
      'older is the same scale set at the same place: only one of the two can listen for its jobs',
    ]);
    expect(told({ runnerGroup: 'builders' })).toEqual([]);
    expect(told({ githubConfigUrl: 'https://github.com/other' })).toEqual([]);
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
