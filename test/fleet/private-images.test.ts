/** Pulls of runners' images from a registry that wants a login: real engine, real client. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/common/log.ts';
import { Engine } from '../../src/fleet/backends/docker/engine.ts';
import { Images } from '../../src/fleet/backends/docker/images.ts';
import type { PullSecrets } from '../../src/fleet/resources/pull-secrets.ts';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { PrivateRegistry } from './private-registry.ts';

const engine = dockerEngine();

describe.skipIf(!engine)('images of a private registry', () => {
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
  let docker: TestDocker;
  let registry: PrivateRegistry;
  let folder: string;
  beforeAll(async () => {
    docker = await startDocker(engine ?? 'private');
  });
  afterAll(() => docker.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleet-registry-'));
    registry = await PrivateRegistry.start('me:secret', folder);
  });
  afterEach(async () => {
    if (isHere()) docker.docker('rmi', '--force', registry.image);
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const isHere = (): boolean => docker.docker('images', '-q', registry.image) !== '';
  const login = (...passwords: string[]): PullSecrets => ({
    logins: passwords.map((password) => ({
      registry: new URL(`https:${registry.host}`).origin,
      entry: { username: 'me', password },
    })),
    problems: [],
  });

  function pull(secrets: PullSecrets, pullTimeoutMs?: number): Promise<void> {
    const environment = { PATH: process.env.PATH ?? '', HOME: folder, ...docker.env };
    const images = new Images({
      engine: new Engine({ environment, scratch: folder }),
      logger: silentLogger,
      pullTimeoutMs,
    });
    return images.prepare({ image: registry.image, pullPolicy: 'Always' }, secrets);
  }

  it('are pulled with the login of a Secret, of which nothing is left', async () => {
    await pull(login('secret'));
    expect(isHere()).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are pulled with the next of several logins where the first is refused', async () => {
    await pull(login('wrong', 'secret'));
    expect(isHere()).toBe(true);
  });

  it('are refused to who has no login or a wrong one, with what is wrong with the Secrets; no secret is told', async () => {
    const problems = ['the Secret "pull" does not exist'];
    await expect(pull({ logins: [], problems })).rejects.toMatchObject({
      code: 'image-refused',
      message: expect.stringMatching(
        /cannot be pulled: .*\. Of its imagePullSecrets the Secret "pull" does not exist\.$/s,
      ),
    });
    const refused = await pull(login('wrong')).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'image-refused', message: expect.not.stringContaining('wrong') });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that are here are not given to who may not pull them, as the policy Always has it', async () => {
    await pull(login('secret'));
    await expect(pull(login('wrong'))).rejects.toMatchObject({ code: 'image-refused' });
  });

  it('that do not come are given up in time, unless there is one here', async () => {
    registry.hangs = true;
    await expect(pull(login('secret'), 2_000)).rejects.toMatchObject({
      code: 'image-slow',
      message: `The image ${registry.image} cannot be pulled: docker pull failed: it took longer than 2 s.`,
    });
    expect(isHere()).toBe(false);
  });
});
