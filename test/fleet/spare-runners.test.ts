import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/log.ts';
import { ProcessBackend } from '../../src/fleet/backends/process/process-backend.ts';
import type { RunnerList } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

let server: TestServer;
let folder: string;
let backend: ProcessBackend;
beforeEach(async () => {
  server = await TestServer.start();
  folder = mkdtempSync(join(tmpdir(), 'fleet-spares-'));
  backend = new ProcessBackend({
    runnerRoot: folder,
    externals: join(folder, '.externals'),
    spareRunners: 1,
    clock: systemClock,
    logger: silentLogger,
  });
});
afterEach(async () => {
  for (const { name } of await backend.list()) await backend.stop(name, 0);
  await backend.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves when the server shows it idle, with the ms from its start. */
async function start(name: string): Promise<number> {
  const jitConfig = await server.jitConfig(name, ['self-hosted', name]);
  const startedAt = performance.now();
  await backend.start({ name, jitConfig, keepConfig: false, spec: { enterprise: 'switchyard' } });
  await waitFor('an idle runner', async () => {
    const { runners } = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
    return runners.some((runner) => runner.name === name && runner.state === 'idle');
  });
  return performance.now() - startedAt;
}

it('a runner that was started ahead does a job in its own folder, though that got its name only with the job', async () => {
  await start('first');
  const spares = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.spare-'));
  const [spare] = await waitFor('a spare runner', async () => spares().length > 0 && spares());
  await start('second');
  expect(spares()).not.toContain(spare);
  await server.pushWorkflow('on: push\njobs:\n  job:\n    runs-on: second\n    steps: [{ run: pwd; ls -a }]\n');
  const run = await waitFor('the run to end', async () => {
    const [newest] = await server.runs();
    const found = newest && (await server.run(newest.id));
    return found?.status === 'completed' && found;
  });
  const path = `/switchyard/v1/jobs/${run.jobs[0]?.id}/log`;
  const { body: log } = await call<string>('GET', `${server.url}${path}`, { token: server.token });
  expect(run.conclusion, log).toBe('success');
  expect(log).toContain(join(folder, 'second', '_work', 'app', 'app'));
});
