import { expect, it } from 'vitest';
import { limitSettings } from './review.ts';

it("the limits of a spec become settings of its runner, in the runner's own units", () => {
  const limits = { cpu: '500m', memory: '1.5Gi', pids: 300, 'ephemeral-storage': '1Gi', other: 'x' };
  expect(limitSettings({ resources: { limits } })).toEqual({
    SWITCHYARD_JOB_CPUS: '0.5',
    SWITCHYARD_JOB_MEMORY: '1610612736',
    SWITCHYARD_JOB_PIDS: '300',
  });
  expect(limitSettings({ resources: { limits: 'none' } })).toEqual({});
  expect(limitSettings({})).toEqual({});
});
