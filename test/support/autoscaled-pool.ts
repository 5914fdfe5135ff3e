import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail, RunnerList } from '../../src/protocol/dashboard/index.ts';
import { KillableSystem, type Part } from './killable-system.ts';
import { waitFor } from './wait.ts';

const JOBS_PER_RUN = 10;
const MOST_RUNNERS = 4;

const WORKFLOW = `
on: workflow_dispatch
jobs:
  one:
    runs-on: [self-hosted, pool]
    timeout-minutes: 10
    strategy: { matrix: { number: [${Array.from({ length: JOBS_PER_RUN }, (_, index) => index).join(', ')}] } }
    steps: [{ run: sleep 0.1 }]
`;

const RUNNERS = `
apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata: { name: pool }
spec: { template: { spec: { repository: me/app, labels: [pool] } } }
---
apiVersion: actions.summerwind.dev/v1alpha1
kind: HorizontalRunnerAutoscaler
metadata: { name: pool }
spec:
  scaleTargetRef: { name: pool }
  minReplicas: 0
  maxReplicas: ${MOST_RUNNERS}
  scaleDownDelaySecondsAfterScaleOut: 1
  metrics: [{ type: TotalNumberOfQueuedAndInProgressWorkflowRuns }]
`;

/** So many jobs through a pool that starts at zero, while server and fleet are killed at random. */
export function testAutoscaledPool(jobs: number): void {
  describe(`${jobs} jobs through a pool that is scaled from zero`, { timeout: jobs * 6_000 + 120_000 }, () => {
    let system: KillableSystem;
    beforeAll(async () => {
      system = await KillableSystem.start(RUNNERS, { name: 'many', text: WORKFLOW }, 20);
    });
    afterAll(() => system.stop());

    const detail = (id: number): Promise<RunDetail | undefined> =>
      system.rest<RunDetail>('GET', `/switchyard/v1/runs/${id}`).catch(() => undefined);

    it('all end well while server and fleet are killed, and no runner is left', async () => {
      const ids: number[] = [];
      for (let count = 0; count < jobs; count += JOBS_PER_RUN) ids.push(await system.dispatch('many'));
      const left = new Set(ids);
      const parts: Part[] = ['fleet', 'server'];
      for (let round = 0; left.size > 0; round++) {
        const [next] = left;
        await system.kill(parts[round % parts.length] ?? 'fleet');
        const ended = await waitFor(
          `run ${next} to end`,
          async () => {
            const run = next === undefined ? undefined : await detail(next);
            return run?.status === 'completed' && run;
          },
          JOBS_PER_RUN * 30_000,
        );
        expect(
          ended.jobs.map(({ name, conclusion, reason }) => `${name} ${conclusion} ${reason ?? ''}`.trim()),
        ).toEqual(ended.jobs.map(({ name }) => `${name} success`));
        left.delete(next ?? 0);
      }
      await waitFor(
        'the pool at zero',
        async () => (await system.rest<RunnerList>('GET', '/switchyard/v1/runners')).runners.length === 0,
        150_000,
      );
      // The registration ends before its program does.
      await waitFor('no process of a runner', async () => (await system.runnerProcesses()).length === 0);
    });
  });
}
