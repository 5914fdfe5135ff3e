import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../common/clock.ts';
import { silentLogger } from '../../common/log.ts';
import { openBackends } from './open-backends.ts';

const example = fileURLToPath(new URL('../../../examples/backend/backend.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const open = () =>
  openBackends({
    dataFolder: folder,
    runnerRoot: join(folder, 'runners'),
    runnersEndWithFleet: false,
    serverUrl: 'http://127.0.0.1:8484',
    clock: systemClock,
    logger: silentLogger,
  });

it('the fleet has processes, containers, and the programs of a setting', async () => {
  vi.stubEnv('SWITCHYARD_BACKEND_PROGRAMS', `mine=${example}`);
  const backends = await open();
  for (const name of [undefined, 'process', 'docker', 'mine']) {
    expect(backends.choose(name).systemLabels).toContain('self-hosted');
  }
  expect(backends.review({ repository: 'octo/app', image: 'a' })).toHaveLength(1);
  expect(backends.choose('docker').review({ repository: 'octo/app', image: 'a', dockerEnabled: false })).toEqual([]);
  await backends.close();
});

it('the fleet starts runners where the setting says', async () => {
  vi.stubEnv('SWITCHYARD_BACKEND', 'docker');
  const backends = await open();
  expect(backends.review({ repository: 'octo/app', image: 'a', dockerEnabled: false })).toEqual([]);
  await backends.close();
});

it.each([
  ['SWITCHYARD_BACKEND', 'podman', 'SWITCHYARD_BACKEND is "podman".'],
  ['SWITCHYARD_BACKEND_PROGRAMS', 'mine', 'SWITCHYARD_BACKEND_PROGRAMS has "mine".'],
  ['SWITCHYARD_BACKEND_PROGRAMS', 'docker=/bin/true', 'SWITCHYARD_BACKEND_PROGRAMS has "docker=/bin/true".'],
  ['SWITCHYARD_BACKEND_PROGRAMS', 'mine=/bin/true', /^The program of the backend mine ended with exit code 0/],
])('the fleet does not start with %s=%s', async (name, value, problem) => {
  vi.stubEnv(name, value);
  await expect(open()).rejects.toThrow(problem);
});
