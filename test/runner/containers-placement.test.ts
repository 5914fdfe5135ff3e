import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDocker, type TestDocker } from '../support/docker.ts';
import { waitFor } from '../support/wait.ts';
import { ContainedRunner, type ContainedRunnerOptions, WORK_INSIDE } from './contained-runner.ts';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

/** A job with everything that is mounted: workspace, home, event, temp and the runner's Node, in a container and an action. */
const mountsAll = (image: string): string => `
    container: ${image}
    services: { idle: { image: '${image}', entrypoint: sleep, command: '600' } }
    steps:
      - run: echo "from the container" > file; test -s "$GITHUB_EVENT_PATH"; test -d "$RUNNER_TEMP"; echo X=y >> "$GITHUB_ENV"
      - run: echo "env $X"; /__e/own/bin/node -p '"node " + 6 * 7'
      - uses: docker://${image}
        with: { args: cat /github/workspace/file }
`;

async function start(options: Omit<ContainedRunnerOptions, 'jitConfig'>): Promise<ContainedRunner> {
  const jitConfig = await jobs.server.jitConfig('contained', ['self-hosted']);
  const runner = new ContainedRunner(jobs.docker, { jitConfig, ...options });
  onTestFinished(() => runner.close());
  return runner;
}

async function expectAllMounted(image: string): Promise<void> {
  await jobs.push(mountsAll(image));
  const { conclusion, log } = await jobs.outcome();
  expect(conclusion, log).toBe('success');
  expect(log).toContain('env y\nnode 42');
  expect(log).toMatch(/^from the container$/m);
}

describe.skipIf(!engine)('a runner on the machine of its engine', () => {
  it('SEM-14.12, D-20: gives containers its folders', async () => {
    await jobs.startRunner();
    await expectAllMounted(jobs.docker.image);
  });
});

describe.skipIf(!engine)('a runner in a container with the socket of its engine', () => {
  it('SEM-14.12, D-20: gives other containers its folders by the paths of the machine', async () => {
    const { socket, docker, image } = jobs.docker;
    const runner = await start({ volumes: [`${socket}:/var/run/docker.sock`, `WORK:${WORK_INSIDE}`] });
    await expectAllMounted(image);
    expect(runner.output()).not.toContain('cannot run here');
    expect(docker('ps', '-aq', '--filter', `label=switchyard.lease`)).not.toContain(runner.id.slice(0, 12));
  });

  it('D-20: says before its first job that the work folder is not mounted, and how to mount it', async () => {
    const runner = await start({ volumes: [`${jobs.docker.socket}:/var/run/docker.sock`] });
    const sentence = new RegExp(
      `Jobs with containers cannot run here: The work folder ${WORK_INSIDE} lies inside the runner's own container.*such as -v /srv/RUNNER:${WORK_INSIDE}\\.`,
    );
    await waitFor('its word about it', () => sentence.test(runner.output()));
    await jobs.push(`    container: ${jobs.docker.image}\n    steps: [{ run: 'true' }]\n`);
    const { conclusion, log } = await jobs.outcome();
    expect(conclusion).toBe('failure');
    expect(log).toContain(`##[error]The work folder ${WORK_INSIDE} lies inside the runner's own container`);
    expect(runner.output().search(sentence)).toBeLessThan(runner.output().indexOf('Running job'));
  });

  it('runs jobs without containers where no engine answers, and says that others cannot', async () => {
    const runner = await start({ volumes: [], env: { DOCKER_HOST: 'unix:///nowhere.sock' } });
    const { conclusion, log } = await jobs.push('    steps: [{ run: echo alive }]\n').then(() => jobs.outcome());
    expect(conclusion, log).toBe('success');
    expect(runner.output()).toMatch(/cannot run here: The Docker engine at unix:\/\/\/nowhere.sock does not answer/);
  });
});

describe.skipIf(engine !== 'private')('a runner in a container with an engine of its own', () => {
  let own: TestDocker;

  beforeAll(async () => {
    own = await startDocker('private', 'second');
  });
  afterAll(() => own?.close());

  const env = { DOCKER_HOST: 'unix:///engine/docker.sock' };
  const engineVolume = (): string => `${own.socket}:/engine/docker.sock`;

  it('SEM-14.12, D-20: gives containers its folders where both see them at the same path', async () => {
    const runner = await start({ env, root: 'WORK', volumes: [engineVolume(), 'WORK:WORK'] });
    await expectAllMounted(own.image);
    expect(runner.output()).not.toContain('cannot run here');
  });

  it('D-20: says before its first job that they do not, and how to mount them', async () => {
    const runner = await start({ env, volumes: [engineVolume(), `WORK:${WORK_INSIDE}`] });
    await waitFor('its word about it', () => runner.output().includes('does not see the work folder'));
    expect(runner.output()).toContain(`Mount the same folder or volume at ${WORK_INSIDE} in the runner's container`);
  });
});
