import { generateTrace, type SimulatedPool, simulate } from '../src/fleet/simulate/index.ts';
import { durations, type Row } from './rows.ts';

const JOBS = 10_000;
const ROUNDS = 3;

/** A day of 10,000 jobs, scaled by reservations: the policy that looks at each job. */
export async function benchSimulate(): Promise<Row> {
  const pool: SimulatedPool = {
    name: 'linux',
    pool: { scope: { kind: 'organization', name: 'bench' }, labels: ['self-hosted', 'Linux', 'X64'] },
    isEphemeral: true,
    replicas: 0,
    policy: {
      kind: 'autoscaler',
      spec: {
        scaleTargetRef: { name: 'linux' },
        minReplicas: 0,
        maxReplicas: 64,
        scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '30m' }],
      },
    },
  };
  const trace = generateTrace({
    ...{ jobs: JOBS, startMs: Date.parse('2026-01-05T00:00:00Z'), spanMs: 24 * 3_600_000 },
    ...{ medianMs: 120_000, labels: ['self-hosted'], seed: 1 },
  });
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    simulate({ pools: [pool], trace, startMs: 5_000 });
    samples.push(performance.now() - before);
  }
  return durations(`simulate ${JOBS} jobs`, samples, { p50: 5_000 });
}
