import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeBackend } from '../../src/fleet/backends/contract.ts';
import type { DockerBackend, DockerBackendOptions } from '../../src/fleet/backends/docker/docker-backend.ts';
import type { Exit } from '../../src/fleet/backends/types.ts';
import type { RunnerSpec } from '../../src/fleet/resources/runner-spec.ts';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { waitFor } from '../support/wait.ts';
import { standInImage } from './engine-images.ts';
import { openDockerBackend } from './open-docker-backend.ts';

const engine = dockerEngine();
const REPOSITORY: RunnerSpec = { repository: 'octo/app' };
/** Without the sidecar, which most tests do not need. */
const ALONE: RunnerSpec = { ...REPOSITORY, dockerEnabled: false };
/** Without privileges, which a test machine may not have; as a pod with SELinux options is (POD-8). */
const WITH_SIDECAR: RunnerSpec = {
  ...REPOSITORY,
  securityContext: { seLinuxOptions: { level: 's0' } },
  volumes: [{ name: 'shared', emptyDir: {} }],
  volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  dockerVolumeMounts: [{ name: 'shared', mountPath: '/shared' }],
};
const CONFIG = 'c2VjcmV0LWppdC1jb25maWc=';

let docker: TestDocker;
let image: string;

/** A fleet's place on the engine; several backends may be opened on it. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-docker-'));
  readonly #backends: DockerBackend[] = [];

  open(options: Partial<DockerBackendOptions> = {}): DockerBackend {
    const backend = openDockerBackend(docker, { folder: this.folder, image, ...options });
    this.#backends.push(backend);
    return backend;
  }

  async close(): Promise<void> {
    const last = this.open();
    for (const { name, exit } of await last.list()) {
      if (!exit) await last.stop(name, 0);
      await last.remove(name, { keepLog: false });
    }
    for (const backend of this.#backends) await backend.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const container = (name: string, part?: string): string =>
  docker.docker(
    'ps',
    '-aq',
    '--filter',
    `label=switchyard.instance=${name}`,
    '--filter',
    `label=switchyard.part=${part ?? 'runner'}`,
  );

describe.skipIf(!engine)('with a Docker engine', () => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
  beforeAll(async () => {
    docker = await startDocker(engine ?? 'private');
    image = standInImage(docker);
  });
  afterAll(async () => {
    docker.docker('rmi', '--force', image);
    await docker.close();
  });

  describeBackend('docker', async () => {
    const place = new Place();
    return {
      backend: place.open(),
      reopen: async () => place.open(),
      jitConfig: CONFIG,
      spec: ALONE,
      crash: async (name) => void docker.docker('kill', container(name)),
      close: () => place.close(),
    };
  });

  describe('the docker backend', () => {
    let place: Place;
    let backend: DockerBackend;
    beforeEach(() => {
      place = new Place();
      backend = place.open();
    });
    afterEach(() => place.close());

    const start = (spec: RunnerSpec = ALONE, name = 'box'): Promise<void> =>
      backend.start({ name, jitConfig: CONFIG, keepConfig: false, spec });
    const ended = (): Promise<Exit> => new Promise((resolve) => backend.onExit((_name, exit) => resolve(exit)));
    const inRunner = (...command: string[]): string => docker.docker('exec', container('box'), ...command);
    const logs = (id = container('box')): string => docker.docker('logs', id);
    const running = (id = container('box')): Promise<unknown> =>
      waitFor('the program in the container', () => logs(id).includes('took a config'));

    it('D-15: gives the JIT config once, in no variable, label or argument, and nothing of it is left', async () => {
      await start();
      await running();
      expect(docker.docker('inspect', container('box'))).not.toContain(CONFIG);
      expect(inRunner('env')).not.toContain(CONFIG);
      expect(inRunner('ls', '-A', '/runner')).toBe('');
      expect(logs()).toContain(`took a config of ${CONFIG.length} characters`);
    });

    it('tells exit code and last output of a runner that could not start, and keeps its log', async () => {
      const end = ended();
      await start({ ...ALONE, env: [{ name: 'FAIL_WITH', value: 'no such host' }] });
      const exit = await end;
      expect(exit).toMatchObject({ code: 3, output: expect.stringContaining('cannot start: no such host') });
      expect(exit.ranMs).toBeGreaterThanOrEqual(0);
      await backend.remove('box', { keepLog: true });
      expect(readFileSync(join(place.folder, '.failed', 'box.log'), 'utf8')).toContain('no such host');
      expect(await backend.list()).toEqual([]);
    });

    it('kills a runner that ignores the request to end, after the grace, and does not call that a kill of others', async () => {
      await start({ ...ALONE, env: [{ name: 'IGNORE_SIGTERM', value: 'yes' }] });
      await running();
      const end = ended();
      await backend.stop('box', 500);
      expect(await end).toMatchObject({ code: 137 });
      expect((await end).reason).toBeUndefined();
    });

    it('D-18: says of a runner that somebody else killed that it was a Docker command, and which signal', async () => {
      await start();
      const end = ended();
      docker.docker('kill', '--signal', 'KILL', container('box'));
      expect((await end).reason).toBe('a Docker command sent its container signal 9; this fleet did not');
    });

    it('D-18: says of a runner that was out of memory which limit it had', async () => {
      const end = ended();
      await start({ ...ALONE, resources: { limits: { memory: '24Mi' } }, env: [{ name: 'EAT_MEMORY', value: 'yes' }] });
      expect((await end).reason).toBe('out of memory: the limit of its container is 24 MiB');
    });

    it('tells the end of a runner whose container somebody else removed', async () => {
      await start();
      const end = ended();
      docker.docker('rm', '--force', container('box'));
      expect((await end).reason).toMatch(/this fleet did not/);
      await backend.remove('box', { keepLog: false });
    });

    it('says what to do about an image that is missing, and leaves nothing', async () => {
      const missing = backend.start({
        name: 'box',
        jitConfig: CONFIG,
        keepConfig: true,
        spec: { ...ALONE, image: 'nobody/has:this', imagePullPolicy: 'Never' },
      });
      await expect(missing).rejects.toThrow(
        'The Docker engine has no image nobody/has:this, and it is not to be pulled: its imagePullPolicy is Never.',
      );
      await expect(start({ ...ALONE, image: '127.0.0.1:9/nobody/has:this' })).rejects.toThrow(
        /^The image 127.0.0.1:9\/nobody\/has:this cannot be pulled: .*refused/,
      );
      expect(await backend.list()).toEqual([]);
    });

    it('uses the image that is here when its registry cannot be reached, as the policy Always has it by default', async () => {
      const unreachable = `127.0.0.1:9/switchyard/here:${Date.now()}`;
      docker.docker('tag', image, unreachable);
      await start({ ...ALONE, image: unreachable });
      await running();
      docker.docker('rmi', '--force', unreachable);
    });

    it('lets the runner write to an emptyDir as any user, and shows it folders of the machine', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fleet-host-'));
      writeFileSync(join(folder, 'file'), 'of the machine');
      chmodSync(folder, 0o755);
      await start({
        ...ALONE,
        securityContext: { runAsUser: 1000 },
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
          { name: 'given', hostPath: { path: folder, type: 'Directory' } },
        ],
        volumeMounts: [
          { name: 'scratch', mountPath: '/scratch' },
          { name: 'fast', mountPath: '/fast' },
          { name: 'given', mountPath: '/given', readOnly: true },
        ],
      });
      await running();
      expect(inRunner('sh', '-c', 'id -u; echo a > /scratch/a; echo b > /fast/b; cat /given/file')).toBe(
        '1000\nof the machine',
      );
      expect(() => inRunner('sh', '-c', 'echo c > /given/c')).toThrow(/Read-only/);
      rmSync(folder, { recursive: true });
    });

    it('shows files of Secrets read-only, with their modes and group; nobody else sees their content', async () => {
      const content = Buffer.from('very secret');
      const file = (path: string, mode: number) => ({ path, content, mode });
      const long = 'k'.repeat(200);
      await backend.start({
        name: 'box',
        jitConfig: CONFIG,
        keepConfig: false,
        spec: {
          ...ALONE,
          securityContext: { runAsUser: 1000, fsGroup: 7 },
          volumes: [
            { name: 'keys', secret: { secretName: 's' } },
            { name: 'data', emptyDir: {} },
          ],
          volumeMounts: [
            { name: 'keys', mountPath: '/keys' },
            { name: 'keys', mountPath: '/etc/app/key', subPath: 'sub/key' },
            { name: 'data', mountPath: '/part', subPath: 'a/b' },
            { name: 'data', mountPath: '/whole' },
          ],
        },
        volumeFiles: () => ({ keys: [file('key', 0o400), file('sub/key', 0o644), file(long, 0o644)] }),
      });
      await running();
      expect(inRunner('cat', '/keys/key', '/etc/app/key', `/keys/${long}`)).toBe('very secret'.repeat(3));
      expect(inRunner('stat', '-c', '%a %u %g', '/keys/key', '/keys/sub/key', '/etc/app/key')).toBe(
        '440 0 7\n644 0 7\n644 0 7',
      );
      expect(() => inRunner('sh', '-c', 'echo x > /keys/new')).toThrow(/Read-only/);
      expect(inRunner('sh', '-c', 'echo b > /part/file && cat /whole/a/b/file')).toBe('b');
      expect(docker.docker('inspect', container('box'))).not.toContain('very secret');
      expect(docker.docker('ps', '-aq', '--filter', 'label=switchyard.part=volumes.filling')).toBe('');
      await backend.stop('box', 1_000);
      await backend.remove('box', { keepLog: false });
      expect(docker.docker('volume', 'ls', '-q', '--filter', 'label=switchyard.instance=box')).toBe('');
    });

    it('keeps a claim when its runners go, for the next of them', async () => {
      const spec: RunnerSpec = {
        ...ALONE,
        volumes: [{ name: 'cache', persistentVolumeClaim: { claimName: 'npm' } }],
        volumeMounts: [
          { name: 'cache', mountPath: '/cache' },
          { name: 'cache', mountPath: '/part', subPath: 'part' },
        ],
      };
      await start(spec);
      await running();
      inRunner('sh', '-c', 'echo kept > /cache/file; echo too > /part/file');
      await backend.stop('box', 1_000);
      await backend.remove('box', { keepLog: false });
      expect(await backend.list()).toEqual([]);
      await start(spec, 'next');
      expect(docker.docker('exec', container('next'), 'cat', '/cache/file', '/cache/part/file')).toBe('kept\ntoo');
      const claims = (): string =>
        docker.docker('volume', 'ls', '-q', '--filter', 'label=switchyard.claim=default/npm');
      expect(claims()).toMatch(/^switchyard-[0-9a-f]{8}-claim-default-npm$/);
      await backend.stop('next', 1_000);
      await backend.remove('next', { keepLog: false });
      docker.docker('volume', 'rm', claims());
    });

    it('starts a runner whose root file system is read-only', async () => {
      const securityContext = { readOnlyRootFilesystem: true };
      const volume = { volumes: [{ name: 'out', emptyDir: {} }], volumeMounts: [{ name: 'out', mountPath: '/out' }] };
      await start({ ...ALONE, ...volume, containers: [{ name: 'runner', securityContext }] });
      await running();
      expect(inRunner('sh', '-c', 'echo a > /out/a && cat /out/a')).toBe('a');
      expect(() => inRunner('touch', '/etc/x')).toThrow(/Read-only/);
    });

    it('starts nothing when a Secret of a volume is missing', async () => {
      const missing = backend.start({
        name: 'box',
        jitConfig: CONFIG,
        keepConfig: false,
        spec: {
          ...ALONE,
          volumes: [{ name: 'keys', secret: { secretName: 's' } }],
          volumeMounts: [{ name: 'keys', mountPath: '/keys' }],
        },
        volumeFiles: () => {
          throw new Error('no Secret "s"');
        },
      });
      await expect(missing).rejects.toThrow('no Secret "s"');
      expect(await backend.list()).toEqual([]);
    });

    it('POD-7, POD-13: a docker sidecar shares volumes, socket folder and network with the runner, and ends with it', async () => {
      await start(WITH_SIDECAR);
      await running();
      const sidecar = container('box', 'docker');
      inRunner('sh', '-c', 'echo work > /runner/_work/w; echo temp > /shared/t; echo sock > /run/s');
      expect(docker.docker('exec', sidecar, 'sh', '-c', 'cat /runner/_work/w /shared/t /run/s; hostname')).toBe(
        'work\ntemp\nsock\nbox',
      );
      const end = ended();
      docker.docker('kill', '--signal', 'TERM', container('box'));
      expect(await end).toMatchObject({ code: 0 });
      expect(container('box', 'docker')).toBe('');
      await backend.remove('box', { keepLog: false });
      expect(docker.docker('volume', 'ls', '-q', '--filter', 'label=switchyard.instance=box')).toBe('');
    });

    it('starts nothing when the sidecar cannot be started', async () => {
      const broken = { ...WITH_SIDECAR, containers: [{ name: 'docker', command: ['/no/such/program'] }] };
      await expect(start(broken)).rejects.toThrow(/docker start failed: .*\/no\/such\/program/);
      expect(container('box') + container('box', 'docker')).toBe('');
      expect(await backend.list()).toEqual([]);
    });

    it('runs init containers to their end before the runner, and tells why one failed', async () => {
      const init = (script: string): RunnerSpec => ({
        ...ALONE,
        volumes: [{ name: 'made', emptyDir: {} }],
        volumeMounts: [{ name: 'made', mountPath: '/made' }],
        initContainers: [
          { name: 'first', image, command: ['sh', '-c', script], volumeMounts: [{ name: 'made', mountPath: '/out' }] },
        ],
      });
      await start(init('echo ready > /out/state'));
      expect(inRunner('cat', '/made/state')).toBe('ready');
      await expect(start(init('echo no key; exit 4'), 'other')).rejects.toThrow(
        'The init container "first" failed: no key',
      );
      expect((await backend.list()).map(({ name }) => name)).toEqual(['box']);
    });

    it('touches nothing of another fleet on the same engine, though its runner has the same name', async () => {
      const neighbours = new Place();
      const other = neighbours.open();
      await other.start({ name: 'box', jitConfig: CONFIG, keepConfig: false, spec: ALONE });
      const theirs = container('box');
      await start();
      await backend.stop('box', 1_000);
      await backend.remove('box', { keepLog: false });
      expect(await backend.list()).toEqual([]);
      expect(container('box')).toBe(theirs);
      expect(await other.list()).toEqual([{ name: 'box', resumable: false }]);
      await neighbours.close();
    });

    it('after a crash in the middle of a start tells the half of it as ended, and removes what no runner has', async () => {
      const fleet = readFileSync(join(place.folder, 'fleet-id'), 'utf8');
      const labels = (instance: string, part: string): string[] =>
        [`fleet=${fleet}`, `instance=${instance}`, `part=${part}`].flatMap((label) => [
          '--label',
          `switchyard.${label}`,
        ]);
      docker.docker('create', ...labels('half', 'runner'), image);
      docker.docker('create', ...labels('stray', 'docker'), image);
      docker.docker('volume', 'create', ...labels('gone', 'runner'));
      expect(await backend.list()).toEqual([{ name: 'half', resumable: false, exit: { output: '' } }]);
      expect(container('stray', 'docker')).toBe('');
      expect(docker.docker('volume', 'ls', '-q', '--filter', 'label=switchyard.instance=gone')).toBe('');
    });

    it('says that the engine does not answer', async () => {
      const away = place.open({ environment: { PATH: process.env.PATH ?? '', DOCKER_HOST: 'unix:///nowhere.sock' } });
      await expect(away.list()).rejects.toThrow(/^docker ps failed: .*nowhere\.sock/);
    });
  });
});
