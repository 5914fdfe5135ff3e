/** The whole way of a job whose runner the fleet starts in a container: real server, real fleet, real engine. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/common/log.ts';
import { startFleet } from '../../src/fleet/index.ts';
import type { RunDetail, RunnerList } from '../../src/protocol/dashboard/index.ts';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { dockerdImage, runnerImage } from './engine-images.ts';
import { openDockerBackend } from './open-docker-backend.ts';

const engine = dockerEngine();
const SLOW_MS = 60_000;
const FLEET_TOKEN = 'fleet-token';

describe.skipIf(!engine)('a fleet that starts its runners in containers', () => {
  vi.setConfig({ testTimeout: SLOW_MS * 2, hookTimeout: SLOW_MS * 2 });
  let docker: TestDocker;
  let image: string;
  let dockerd: string | undefined;
  let server: TestServer;
  let folder: string;
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  beforeAll(async () => {
    docker = await startDocker(engine ?? 'private');
    image = runnerImage(docker);
    dockerd = dockerdImage(docker);
  });
  afterAll(async () => {
    docker.docker('rmi', '--force', image, ...(dockerd ? [dockerd] : []));
    await docker.close();
  });
  beforeEach(async () => {
    server = await TestServer.start();
    folder = mkdtempSync(join(tmpdir(), 'fleet-docker-'));
    await start();
  });

  async function start(): Promise<void> {
    fleet = await startFleet({
      host: '127.0.0.1',
      port: 0,
      dataFolder: folder,
      github: { url: server.url, token: server.token },
      apiToken: FLEET_TOKEN,
      logger: silentLogger,
      backend: openDockerBackend(docker, { folder, image, stateFolder: join(folder, 'docker'), serverUrl: server.url }),
    });
  }
  afterEach(async () => {
    await fleet.close();
    await server.close();
    // The next fleet would.
    for (const id of mine('ps', '--all', '--quiet')) docker.docker('rm', '--force', '--volumes', id);
    for (const name of mine('volume', 'ls', '--quiet')) docker.docker('volume', 'rm', name);
    rmSync(folder, { recursive: true, force: true });
  });

  const fleetCall = (method: string, path: string, json?: unknown) =>
    call<{ items?: unknown[] }>(
      method,
      `${fleet.url}/apis/actions.summerwind.dev/v1alpha1/namespaces/default/${path}`,
      {
        token: FLEET_TOKEN,
        json,
      },
    );

  async function deploy(spec: object): Promise<void> {
    const { status, body } = await fleetCall('POST', 'runnerdeployments', {
      apiVersion: 'actions.summerwind.dev/v1alpha1',
      kind: 'RunnerDeployment',
      metadata: { name: 'boxes' },
      spec: { replicas: 1, template: { spec: { enterprise: 'switchyard', dockerEnabled: false, ...spec } } },
    });
    expect(status, JSON.stringify(body)).toBe(201);
    await waitFor('an idle runner', () => names('idle').then(([name]) => name), SLOW_MS);
  }

  const names = async (state: string): Promise<string[]> => {
    const { runners } = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
    return runners.filter((runner) => runner.state === state).map(({ name }) => name);
  };
  /** Of this fleet. */
  const mine = (...list: string[]): string[] => {
    const id = readFileSync(join(folder, 'docker', 'fleet-id'), 'utf8');
    return docker
      .docker(...list, '--filter', `label=switchyard.fleet=${id}`)
      .split('\n')
      .filter(Boolean);
  };
  const containers = (): string[] => mine('ps', '--all', '--format', '{{.Label "switchyard.instance"}}');

  async function run(steps: string, job = ''): Promise<{ run: RunDetail; log: string }> {
    await server.push({
      '.github/workflows/ci.yml': `on: push\njobs:\n  job:\n    runs-on: self-hosted\n${job}    steps:\n${steps}`,
    });
    const ended = await waitFor(
      'the run to end',
      async () => {
        const [newest] = await server.runs();
        const found = newest && (await server.run(newest.id));
        return found?.status === 'completed' && found;
      },
      SLOW_MS,
    );
    const path = `/switchyard/v1/jobs/${ended.jobs[0]?.id}/log`;
    const { body } = await call<string>('GET', `${server.url}${path}`, { token: server.token });
    return { run: ended, log: String(body) };
  }

  it('runs a job in a container of its own, which is gone afterwards; another takes its place', async () => {
    await deploy({
      env: [{ name: 'FLAVOUR', value: 'vanilla' }],
      resources: { limits: { memory: '1Gi', cpu: '1500m' } },
    });
    const [first] = await names('idle');
    const { run: ended, log } = await run('      - run: hostname; id -u; pwd; echo "$FLAVOUR"; ls -A /runner\n');
    expect(ended.conclusion, log).toBe('success');
    expect(log).toContain(first);
    expect(log).toMatch(/ 1000$/m);
    expect(log).toContain('/runner/_work/app/app');
    expect(log).toContain('vanilla');
    expect(log).not.toContain('.jitconfig');
    await waitFor('the container to go', async () => !containers().includes(first ?? ''), SLOW_MS);
    await waitFor('the next runner', async () => (await names('idle')).some((name) => name !== first), SLOW_MS);
    expect(containers()).toHaveLength(1);
    expect(docker.docker('volume', 'ls', '-q', '--filter', `label=switchyard.instance=${first}`)).toBe('');
  });

  it('POD-7: works in the workDir of the spec', async () => {
    await deploy({ workDir: '/data/work' });
    const { run: ended, log } = await run('      - run: pwd; echo a > file; ls "$RUNNER_TEMP" > /dev/null\n');
    expect(ended.conclusion, log).toBe('success');
    expect(log).toContain('/data/work/app/app');
  });

  it('SEM-14.12, 5.3: runs job containers out of Docker, with the socket of the engine mounted', async () => {
    await deploy({
      volumes: [{ name: 'sock', hostPath: { path: docker.socket, type: 'Socket' } }],
      volumeMounts: [{ name: 'sock', mountPath: '/var/run/docker.sock' }],
      containers: [{ name: 'runner', securityContext: { runAsUser: 0 } }],
    });
    const { run: ended, log } = await run(
      '      - run: echo inside > file\n      - run: cat file; ls /runner || echo elsewhere\n',
      `    container: ${docker.image}\n`,
    );
    expect(ended.conclusion, log).toBe('success');
    expect(log).toContain('elsewhere');
  });

  it('POD-7, D-16, D-20: has an engine of its own in a sidecar, which sees the work folder; it takes no job before that answers', async () => {
    await deploy({
      dockerEnabled: true,
      workDir: '/data/work',
      // The group of the socket, which the image of tests does not have.
      securityContext: { supplementalGroups: [121] },
      containers: [
        {
          name: 'docker',
          image: dockerd,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', 'sleep 1; exec "$0" "$@" --iptables=false --bridge=none'],
          // Nearly what privileges give, which a test machine may not have to give.
          securityContext: {
            seccompProfile: { type: 'Unconfined' },
            capabilities: { add: ['ALL'], drop: ['SYS_RESOURCE'] },
          },
        },
      ],
    });
    const { run: ended, log } = await run(`      - run: |
          echo of the job > file
          head -c 10240 /dev/zero | docker import - empty:1
          id=$(docker create --mount type=bind,source=$PWD,target=/w empty:1 none)
          docker cp $id:/w/file copied
          cat copied
`);
    expect(ended.conclusion, log).toBe('success');
    expect(log).toMatch(/Z of the job$/m);
    expect(log).not.toContain('cannot run here');
  });

  it('leaves no container running and no registration behind when it closes', async () => {
    await deploy({});
    expect(mine('ps', '--quiet')).toHaveLength(1);
    await fleet.close();
    expect(mine('ps', '--quiet')).toEqual([]);
    expect(await names('idle')).toEqual([]);
    await start();
    await waitFor('an idle runner of the next fleet', () => names('idle').then(([name]) => name), SLOW_MS);
    expect(containers()).toEqual(await names('idle'));
  });
});
