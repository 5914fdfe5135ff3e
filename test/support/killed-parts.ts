import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import { KillableSystem, type Part } from './killable-system.ts';
import { waitFor } from './wait.ts';

const STEPS = 5;

/** Each step writes its number when it starts; 60 ms later the next one follows. */
const WORKFLOW = `
on:
  workflow_dispatch:
    inputs: { file: { required: true } }
jobs:
  count:
    runs-on: self-hosted
    timeout-minutes: 5
    steps:
${Array.from({ length: STEPS }, (_, index) => `      - run: echo ${index + 1} >> "\${{ inputs.file }}"; sleep 0.06`).join('\n')}
`;

const DEPLOYMENT = `
apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata: { name: chaos }
spec: { replicas: 2, template: { spec: { enterprise: switchyard } } }
`;

const stepsWritten = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);

/** Kills each part in the middle of a job, so many times. */
export function testKilledParts(rounds: number): void {
  describe(`killing parts in the middle of a job, ${rounds} times each`, { timeout: rounds * 15_000 + 60_000 }, () => {
    let system: KillableSystem;
    let runs = 0;

    beforeAll(async () => {
      system = await KillableSystem.start(DEPLOYMENT, { name: 'count', text: WORKFLOW }, 4);
    });
    afterAll(() => system.stop());

    /** Kills at a random moment between the dispatch and about the last step. */
    async function killInTheMiddle(part: Part): Promise<{ run: RunDetail; steps: string[] }> {
      // Its steps write into a file of its own.
      const file = join(system.folder, `count-${++runs}`);
      const id = await system.dispatch('count', { file });
      const after = Math.floor(Math.random() * STEPS);
      await waitFor('some steps', async () => (await stepsWritten(file)).length >= after || undefined);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      await system.kill(part);
      const run = await waitFor(`run ${id} to end after the ${part} was killed at step ${after}`, async () => {
        const detail = await system.rest<RunDetail>('GET', `/switchyard/v1/runs/${id}`).catch(() => undefined);
        return detail?.status === 'completed' && detail;
      });
      return { run, steps: await stepsWritten(file) };
    }

    const ALL = Array.from({ length: STEPS }, (_, index) => String(index + 1));

    for (const part of ['server', 'fleet', 'stopped fleet'] as const) {
      it(`${part}: every job ends green, each step having run exactly once`, async () => {
        for (let round = 0; round < rounds; round++) {
          const { run, steps } = await killInTheMiddle(part);
          expect({ conclusion: run.conclusion, steps }).toEqual({ conclusion: 'success', steps: ALL });
        }
      });
    }

    for (const part of ['listener', 'worker'] as const) {
      it(`${part}: every job ends with a reason, no step runs twice or later`, async () => {
        for (let round = 0; round < rounds; round++) {
          const { run, steps } = await killInTheMiddle(part);
          // Steps ran in order from the first, none twice.
          expect(steps).toEqual(ALL.slice(0, steps.length));
          const [job] = run.jobs;
          const texts = [job?.reason ?? '', ...(job?.annotations ?? []).map(({ message }) => message)].join(' ');
          if (run.conclusion === 'failure') expect(texts).toMatch(/worker|listener|runner/i);
          else expect({ conclusion: run.conclusion, steps }).toEqual({ conclusion: 'success', steps: ALL });
        }
      });
    }
  });
}
