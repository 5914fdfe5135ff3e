import { join } from 'node:path';
import type { GenerateJitConfigResponse } from '../src/protocol/github/runners.ts';
import { Program } from '../test/support/programs.ts';
import { Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const ROUNDS = 20;

/** From the spawn of `switchyard runner` with a JIT config until the server shows the runner idle: its first poll. */
export async function benchColdStart(): Promise<Row> {
  const installation = await Installation.start();
  try {
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { program, tookMs } = await startOne(installation, `cold-${round}`);
      samples.push(tookMs);
      await program.kill('SIGTERM');
    }
    return durations('cold start of an ephemeral runner to its first poll', samples, { p50: 400 });
  } finally {
    await installation.close();
  }
}

/** A runner on a JIT config, idle when this resolves as far as the server tells. */
export async function startOne(
  installation: Installation,
  name: string,
  idle = 1,
): Promise<{ program: Program; tookMs: number }> {
  const path = '/api/v3/enterprises/switchyard/actions/runners/generate-jitconfig';
  const request = { name, runner_group_id: 1, labels: ['self-hosted'] };
  const { encoded_jit_config } = await installation.rest<GenerateJitConfigResponse>('POST', path, request);
  const env = { ACTIONS_RUNNER_INPUT_JITCONFIG: encoded_jit_config };
  const before = performance.now();
  const program = Program.start(['runner', '--root', join(installation.folder, name)], {
    cwd: installation.folder,
    env,
  });
  await installation.idleRunners(idle);
  const tookMs = performance.now() - before;
  return { program, tookMs };
}
