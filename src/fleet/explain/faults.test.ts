import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { OutsideError } from '../../common/errors.ts';
import { silentLogger } from '../../common/log.ts';
import type { FleetJobExplanation, PoolExplanation } from '../../protocol/dashboard/index.ts';
import { Backends } from '../backends/backends.ts';
import { Engine, EngineFailed } from '../backends/docker/engine.ts';
import { Images } from '../backends/docker/images.ts';
import { ExternalBackend } from '../backends/external/external-backend.ts';
import { FakeBackend } from '../backends/fake.ts';
import type { Backend } from '../backends/types.ts';
import type { AutoscalerSpec } from '../resources/autoscaler-spec.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import type { BadAnswer } from '../testing/github-stand-in.ts';
import { type AskedJob, explainJobAtFleet } from './explain-job.ts';
import { explainPool } from './explain-pool.ts';
import { allPoolFacts, type PoolSources, poolFacts } from './pool-facts.ts';

const START = '2026-03-02T09:00:00Z';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const POOL: RunnerSpec = { repository: 'octo/app', labels: ['gpu'] };
const JOB: AskedJob = { repository: 'octo/app', id: 1, labels: ['self-hosted', 'gpu'] };
/** Counts jobs, so that it has to be told of them. */
const COUNTING: AutoscalerSpec = {
  scaleTargetRef: { name: 'pool' },
  minReplicas: 0,
  maxReplicas: 2,
  metrics: [{ type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' }],
};
const SHARE: AutoscalerSpec = { ...COUNTING, minReplicas: 1, metrics: [{ type: 'PercentageRunnersBusy' }] };

/** One fault that is injected, and the one cause that has to be named for it, by the pool, the job or both. */
interface Fault {
  what: string;
  inject: (bench: Bench) => void | Promise<void>;
  backend?: (bench: { clock: ManualClock; folder: string }) => Backend | Promise<Backend>;
  /** Default: that of both. */
  of?: 'pool' | 'job';
  cause: string;
  says?: RegExp;
}

/** What a fault is injected into. */
class Bench {
  readonly clock: ManualClock;
  readonly fleet: FleetUnderTest<Backend>;
  readonly fake: FakeBackend;
  job = JOB;

  constructor(clock: ManualClock, fleet: FleetUnderTest<Backend>, fake: FakeBackend) {
    this.clock = clock;
    this.fleet = fleet;
    this.fake = fake;
  }

  deploy(replicas = 1, spec: RunnerSpec = POOL): void {
    this.fleet.deploy('pool', replicas, spec);
  }

  scaleBy(spec: AutoscalerSpec, name = 'pool'): void {
    this.fleet.scaleBy(spec, name);
  }

  secret(data: Record<string, string>): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    this.fleet.store.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'github', namespace: 'default' },
      data: Object.fromEntries(encoded),
    } as never);
  }

  /** Time goes by in steps, since answers over HTTP come between them. */
  async pass(ms: number, stepMs = Math.max(ms / 10, 1)): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      await this.fleet.controller.settled();
    }
  }

  /** Every runner comes online, and is given a job when `isBusy`. */
  async online(isBusy = false): Promise<void> {
    await this.fleet.everyRunner(isBusy ? 'busy' : undefined);
    await this.pass(20 * SECOND);
  }

  async failing(answer: number | BadAnswer): Promise<void> {
    this.fleet.github.failWith = answer;
    this.deploy();
    await this.fleet.controller.settled();
  }

  pool(): PoolExplanation | undefined {
    const [facts] = ['pool', 'set'].flatMap((name) => poolFacts(this.sources(), 'default', name) ?? []);
    return facts && explainPool(facts, this.clock.now());
  }

  explanation(): FleetJobExplanation {
    const known = this.fleet.demand.find(this.job.repository, this.job.id);
    const pools = allPoolFacts(this.sources());
    return explainJobAtFleet({ job: this.job, known, pools }, this.clock.now());
  }

  sources(): PoolSources {
    const { store, demand, controller } = this.fleet;
    const assignedJobs = controller.assignedJobs.bind(controller);
    return { store, demand, systemLabels: this.fake.systemLabels, assignedJobs, live: () => controller };
  }
}

const startFails = (error: () => unknown): Fault['inject'] => {
  return async (bench) => {
    bench.fake.startError = (await error()) as Error;
    bench.deploy();
    await bench.fleet.controller.settled();
  };
};

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined).catch((error) => error);

const NO_SECRETS = { logins: [], problems: ['the Secret "pull" does not exist'] };

/** The docker backend's own words for what the engine says. */
const imageError = (
  says: string,
  pullPolicy: 'Never' | 'IfNotPresent',
  { isOverdue = false } = {},
): Promise<unknown> => {
  // The first call asks whether the image is here.
  const answers = ['Error: No such image', says, 'Error: No such image'];
  const run = () => Promise.reject(new EngineFailed('pull', answers.shift() ?? '', { isOverdue }));
  const engine = { run } as unknown as Engine;
  return rejection(
    new Images({ engine, logger: silentLogger }).prepare({ image: 'localhost/runner:1', pullPolicy }, NO_SECRETS),
  );
};

/** A program that says hello as it should, then does this to every other request. */
const program = (behaviour: string): NonNullable<Fault['backend']> => {
  return async ({ clock, folder }) => {
    const path = join(folder, 'backend.cjs');
    const text = `#!${process.execPath}
const say = (line) => process.stdout.write((typeof line === 'string' ? line : JSON.stringify(line)) + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (method === 'hello') say({ id, result: { version: 1, systemLabels: ['self-hosted', 'Linux', 'X64'], honours: [] } });
  else if (method === 'list') say({ id, result: { instances: [] } });
  else if (method !== 'start') say({ id, result: {} });
  else { ${behaviour} }
}).on('close', () => process.exit(0));
`;
    await writeFile(path, text);
    await chmod(path, 0o700);
    const stateFolder = join(folder, 'state');
    const environment = { PATH: process.env.PATH ?? '' };
    return ExternalBackend.open({ name: 'mine', program: path, environment, stateFolder, clock, logger: silentLogger });
  };
};

/** The program runs in its own time. */
const untilTold: Fault['inject'] = async (bench) => {
  bench.deploy();
  await expect.poll(() => bench.pool()?.causes[0], { timeout: 10_000 }).toBeDefined();
};

const RESET_S = Date.parse('2026-03-02T10:00:00Z') / 1_000;
const limited = (headers: Record<string, string>): BadAnswer => ({
  status: 403,
  body: { message: 'API rate limit exceeded' },
  headers,
});

const FAULTS: Fault[] = [
  { what: 'a token that is refused (401)', inject: (b) => b.failing(401), cause: 'credentials-refused', says: /401/ },
  {
    what: 'the primary rate limit (403)',
    inject: (b) => b.failing(limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(RESET_S) })),
    cause: 'rate-limited',
    says: /the limit ends at 2026-03-02T10:00:00/,
  },
  {
    what: 'the secondary rate limit (403)',
    inject: (b) => b.failing(limited({ 'retry-after': '60' })),
    cause: 'rate-limited',
    says: /the limit ends in 60 s/,
  },
  { what: 'too many requests (429)', inject: (b) => b.failing(429), cause: 'rate-limited' },
  { what: 'a token that may not (403)', inject: (b) => b.failing(403), cause: 'credentials-too-weak', says: /403/ },
  { what: 'a place that is not there (404)', inject: (b) => b.failing(404), cause: 'place-not-found' },
  { what: 'a request that is refused (422)', inject: (b) => b.failing(422), cause: 'server-refuses', says: /422/ },
  { what: 'a fault of the server (500)', inject: (b) => b.failing(500), cause: 'server-fault', says: /500/ },
  { what: 'a server that is overloaded (503)', inject: (b) => b.failing(503), cause: 'server-fault', says: /503/ },
  { what: 'a server that does not answer', inject: (b) => b.failing('hangs'), cause: 'server-timeout' },
  { what: 'a connection that breaks', inject: (b) => b.failing('hangs-up'), cause: 'server-unreachable' },
  { what: 'half an answer', inject: (b) => b.failing('half'), cause: 'server-answers-wrongly' },
  {
    what: 'an answer in another shape',
    inject: (b) => b.failing({ status: 201, body: { runner: 'yes' } }),
    cause: 'server-answers-wrongly',
    says: /unknown shape/,
  },
  {
    what: 'a server that goes away when runners are busy',
    async inject(bench) {
      bench.deploy();
      await bench.online(true);
      bench.fleet.github.failWith = 'hangs-up';
      await bench.pass(20 * SECOND);
    },
    cause: 'server-unreachable',
  },
  {
    what: 'a Secret that is missing',
    async inject(bench) {
      bench.deploy(1, { ...POOL, githubAPICredentialsFrom: { secretRef: { name: 'github' } } });
      await bench.fleet.controller.settled();
    },
    cause: 'credentials-missing',
    says: /no Secret github in the namespace default/,
  },
  {
    what: 'a Secret that is missing, of a pool without runners',
    inject(bench) {
      bench.deploy(0, { ...POOL, githubAPICredentialsFrom: { secretRef: { name: 'github' } } });
      bench.scaleBy(COUNTING);
      const problem = 'The jobs of octo/app could not be read: There is no Secret github in the namespace default.';
      bench.fleet.demand.known = { jobs: [], problem };
    },
    cause: 'credentials-missing',
    says: /no Secret github in the namespace default/,
  },
  {
    what: "an autoscaler's own Secret that is missing (HRA-1)",
    async inject(bench) {
      bench.deploy(0);
      bench.scaleBy({ ...COUNTING, githubAPICredentialsFrom: { secretRef: { name: 'github' } } });
      bench.fleet.demand.queue(1, { labels: JOB.labels });
      await bench.fleet.controller.settled();
    },
    cause: 'credentials-missing',
    says: /no Secret github in the namespace default/,
  },
  {
    what: 'a Secret without credentials',
    async inject(bench) {
      bench.secret({ user: 'octo' });
      bench.deploy(1, { ...POOL, githubAPICredentialsFrom: { secretRef: { name: 'github' } } });
      await bench.fleet.controller.settled();
    },
    cause: 'credentials-unusable',
    says: /github has no credentials/,
  },
  {
    what: 'a private key that is none',
    async inject(bench) {
      bench.secret({ github_app_id: '1', github_app_installation_id: '2', github_app_private_key: 'x' });
      bench.deploy(1, { ...POOL, githubAPICredentialsFrom: { secretRef: { name: 'github' } } });
      await bench.fleet.controller.settled();
    },
    cause: 'credentials-unusable',
    says: /no private key/,
  },
  {
    what: 'a runner group that is missing',
    async inject(bench) {
      bench.deploy(1, { ...POOL, group: 'Nobody' });
      await bench.fleet.controller.settled();
    },
    cause: 'no-runner-group',
    says: /no runner group "Nobody"/,
  },
  {
    what: 'a backend that is not there',
    backend: () => {
      const fake = new FakeBackend();
      return new Backends({
        entries: new Map([['fake', { open: () => fake, wasUsed: () => true }]]),
        defaultName: 'fake',
      });
    },
    async inject(bench) {
      bench.fleet.store.create('runnerdeployments', {
        apiVersion: LEGACY_VERSION,
        kind: 'RunnerDeployment',
        metadata: { name: 'pool', namespace: 'default' },
        spec: { replicas: 1, template: { metadata: { annotations: { 'switchyard/backend': 'moon' } }, spec: POOL } },
      });
      await bench.fleet.controller.settled();
    },
    cause: 'no-backend',
    says: /no backend "moon"/,
  },
  {
    what: 'a backend that fails',
    inject: startFails(() => new OutsideError('The hypervisor is on strike.', { retryable: true })),
    cause: 'backend-fails',
    says: /on strike\. The next start is tried at 2026-03-02T09:00:0/,
  },
  {
    what: 'an image that is missing and not to be pulled',
    inject: startFails(() => imageError('Error: No such image: localhost/runner:1', 'Never')),
    cause: 'image-missing',
    says: /no image localhost\/runner:1.*deploy\/runner\/build\.sh/,
  },
  {
    what: 'an image that no registry has',
    inject: startFails(() => imageError('Error: No such image: localhost/runner:1', 'IfNotPresent')),
    cause: 'image-missing',
    says: /cannot be pulled/,
  },
  {
    what: 'a registry that wants a login',
    inject: startFails(() => imageError('Error: denied: requested access to the resource is denied', 'IfNotPresent')),
    cause: 'image-refused',
    says: /does not give out the image.*is denied\. Of its imagePullSecrets the Secret "pull" does not exist\./,
  },
  {
    what: 'a pull that hangs',
    inject: startFails(() => imageError('it took longer than 1800 s', 'IfNotPresent', { isOverdue: true })),
    cause: 'image-slow',
    says: /not pulled in time.*it took longer than 1800 s/,
  },
  {
    what: 'a docker program that is missing',
    inject: startFails(() =>
      rejection(new Engine({ environment: { PATH: '/nowhere' }, scratch: tmpdir() }).run(['version'])),
    ),
    cause: 'backend-away',
    says: /docker cannot be started/,
  },
  {
    what: 'a disk that is full, by its error',
    inject: startFails(() => Object.assign(new Error('ENOSPC: no space left, mkdir'), { code: 'ENOSPC' })),
    cause: 'disk-full',
  },
  {
    what: "a disk that is full, by the engine's words",
    inject: startFails(() => new EngineFailed('create', 'write /var/lib/x: no space left on device')),
    cause: 'disk-full',
  },
  {
    what: 'a backend that hangs',
    async inject(bench) {
      bench.fake.hangs = true;
      bench.deploy();
      await expect.poll(() => bench.fleet.github.runners.size).toBe(1);
      // The start is asked for in the turn after the registration's answer.
      await expect.poll(() => poolFacts(bench.sources(), 'default', 'pool')?.runners[0]?.askedMs).toBeDefined();
      bench.clock.advance(3 * MINUTE);
    },
    cause: 'backend-hangs',
    says: /asked to start pool-\S+ 3 minutes ago and has not answered/,
  },
  {
    what: 'a program that prints garbage',
    backend: program("say('Segmentation fault');"),
    inject: untilTold,
    cause: 'backend-lies',
    says: /no line of the protocol: Segmentation fault/,
  },
  {
    what: 'a program that answers what nobody asked',
    backend: program('say({ id: 4711, result: {} });'),
    inject: untilTold,
    cause: 'backend-lies',
  },
  {
    what: 'a program that dies',
    backend: program('process.exit(3);'),
    inject: untilTold,
    cause: 'backend-away',
    says: /exit code 3/,
  },
  {
    what: 'a program that says no',
    backend: program("say({ id, error: { message: 'quota exceeded', retryable: true } });"),
    inject: untilTold,
    cause: 'backend-fails',
    says: /says: quota exceeded/,
  },
  {
    what: 'a backend that says that a runner runs which never comes',
    async inject(bench) {
      bench.deploy();
      await bench.fleet.controller.settled();
      await bench.pass(3 * MINUTE, MINUTE);
    },
    cause: 'never-online',
    says: /has been starting for 3 minutes: .* It is replaced at 2026-03-02T09:10:00/,
  },
  {
    what: 'one that never came and was replaced by another',
    async inject(bench) {
      bench.deploy();
      await bench.fleet.controller.settled();
      await bench.pass(11 * MINUTE, MINUTE);
    },
    cause: 'never-online',
    says: /^Runners start, but never come online \(since 2026-03-02T09:1.*\): The runner was started/,
  },
  {
    what: 'runners that end before they are ready',
    async inject(bench) {
      bench.deploy();
      await bench.fleet.controller.settled();
      const [name = ''] = bench.fake.running();
      bench.fake.exit(name, { code: 127, ranMs: 200, output: 'sh: not found' });
      await bench.fleet.controller.settled();
    },
    cause: 'ends-early',
    says: /exit code 127.*sh: not found/s,
  },
  {
    what: 'a runner that the server sees no more',
    of: 'pool',
    async inject(bench) {
      bench.deploy();
      await bench.online();
      for (const runner of bench.fleet.github.runners.values()) runner.status = 'offline';
      await bench.pass(20 * SECOND);
    },
    cause: 'runner-offline',
    says: /sees it as offline\. It is replaced at 2026-03-02T09:05:/,
  },
  {
    what: 'a runner whose registration somebody removed at the server',
    of: 'pool',
    async inject(bench) {
      bench.deploy();
      await bench.online();
      bench.fleet.github.runners.clear();
      await bench.pass(40 * SECOND, 10 * SECOND);
    },
    cause: 'runner-unknown',
    says: /knows it no more\. It is replaced at 2026-03-02T09:02:/,
  },
  {
    what: 'a runner of a scale set that never comes',
    async inject(bench) {
      bench.fleet.github.scaleSets.comesOnline = false;
      bench.fleet.listen('set', { runnerScaleSetLabels: JOB.labels, minRunners: 1 });
      await expect.poll(() => bench.fake.running().length).toBe(1);
      await bench.pass(3 * MINUTE, 30 * SECOND);
    },
    cause: 'never-online',
    says: /has been starting for \d minutes: .* It is replaced at 2026-03-02T09:10:/,
  },
  {
    what: 'a metric that cannot be used',
    async inject(bench) {
      bench.deploy(1, { enterprise: 'all', labels: ['gpu'] });
      bench.scaleBy(COUNTING);
      await bench.online(true);
    },
    cause: 'autoscaler-does-nothing',
    says: /not supported for runners of an enterprise/,
  },
  {
    what: 'two autoscalers for one pool',
    of: 'pool',
    async inject(bench) {
      bench.deploy(1);
      bench.scaleBy({ ...COUNTING, minReplicas: 1 });
      bench.clock.advance(2 * SECOND);
      bench.scaleBy(COUNTING, 'late');
      await bench.fleet.controller.settled();
    },
    cause: 'second-autoscaler',
    says: /late would scale this pool too, and does nothing: pool is older/,
  },
  {
    what: 'a maximum that is reached',
    async inject(bench) {
      bench.deploy(2);
      bench.scaleBy(COUNTING);
      bench.fleet.demand.queue(3, { labels: JOB.labels });
      await bench.online(true);
    },
    cause: 'max-reached',
    says: /maximum of 2 runners is reached/,
  },
  {
    what: 'a schedule that lowers the maximum',
    async inject(bench) {
      bench.deploy(1);
      const night = { startTime: '2026-03-02T08:00:00Z', endTime: '2026-03-02T18:00:00Z', maxReplicas: 1 };
      bench.scaleBy({ ...COUNTING, scheduledOverrides: [night] });
      bench.fleet.demand.queue(3, { labels: JOB.labels });
      await bench.online(true);
    },
    cause: 'schedule',
    says: /maximum of 1 runner, which a scheduled override sets, is reached/,
  },
  {
    what: 'a number of runners that nobody raises',
    async inject(bench) {
      bench.deploy(1);
      bench.fleet.demand.queue(1, { labels: JOB.labels });
      await bench.online(true);
    },
    cause: 'fixed-size',
    says: /asks for 1 runner, and no autoscaler raises that/,
  },
  {
    what: 'runners that are idle, and a server that gives them nothing (a wall)',
    async inject(bench) {
      bench.deploy(1);
      bench.fleet.demand.queue(1, { labels: JOB.labels });
      await bench.online();
    },
    cause: 'idle-runner',
  },
  {
    what: 'two pools with the same labels',
    of: 'pool',
    async inject(bench) {
      bench.deploy(0);
      bench.fleet.deploy('twin', 0, { repository: 'octo/app', labels: ['GPU'] });
      await bench.fleet.controller.settled();
    },
    cause: 'same-labels',
  },
  {
    what: 'jobs that cannot be read at the server',
    async inject(bench) {
      bench.deploy(0);
      bench.fleet.demand.known = { jobs: [], problem: 'GET /runs answered 401: Bad credentials' };
      bench.scaleBy(COUNTING);
      await bench.fleet.controller.settled();
    },
    cause: 'demand-unread',
    says: /answered 401: Bad credentials \(compared and never could\)|never/,
  },
  { what: 'a fleet without pools', of: 'job', inject: () => undefined, cause: 'no-pool' },
  {
    what: 'a label that no pool has',
    of: 'job',
    inject(bench) {
      bench.deploy(0);
      bench.job = { ...JOB, labels: ['self-hosted', 'gpu', 'huge'] };
    },
    cause: 'no-pool-has-label',
    says: /label huge; the nearest is pool, which lacks huge/,
  },
  {
    what: 'pools for other repositories alone',
    of: 'job',
    inject: (bench) => bench.deploy(0, { repository: 'octo/other', labels: ['gpu'] }),
    cause: 'no-pool-serves',
    says: /serves octo\/other/,
  },
  {
    what: 'a group that no pool is in',
    of: 'job',
    inject(bench) {
      bench.deploy(0);
      bench.job = { ...JOB, group: 'Builders' };
    },
    cause: 'no-pool-in-group',
  },
  {
    what: 'a runner that is only starting',
    of: 'job',
    async inject(bench) {
      bench.deploy(1);
      await bench.fleet.controller.settled();
      await bench.pass(12 * SECOND);
    },
    cause: 'starting',
    says: /has been starting for 12 s/,
  },
  {
    what: 'a webhook that never arrived',
    of: 'job',
    async inject(bench) {
      bench.deploy(0);
      bench.fleet.demand.known = { jobs: [], comparedAtMs: Date.parse(START) };
      bench.scaleBy(COUNTING);
      await bench.fleet.controller.settled();
    },
    cause: 'not-told',
    says: /last compared 2026-03-02T09:00:00/,
  },
  {
    what: 'a repository that the metric does not count',
    of: 'job',
    async inject(bench) {
      bench.deploy(0, { organization: 'octo', labels: ['gpu'] });
      const [metric = SHARE.metrics?.[0]] = COUNTING.metrics ?? [];
      if (metric) bench.scaleBy({ ...COUNTING, metrics: [{ ...metric, repositoryNames: ['other'] }] });
      bench.fleet.demand.queue(1, { labels: JOB.labels });
      await bench.fleet.controller.settled();
    },
    cause: 'repository-not-counted',
    says: /counts only jobs of other/,
  },
  {
    what: 'a number that is measured once a minute',
    of: 'job',
    async inject(bench) {
      bench.deploy(1);
      bench.scaleBy(SHARE);
      await bench.online(true);
    },
    cause: 'next-round',
    says: /next round of PercentageRunnersBusy/,
  },
  {
    what: 'a service of scale sets that fails',
    async inject(bench) {
      bench.fleet.github.scaleSets.failWith = 500;
      bench.fleet.listen('set', { runnerScaleSetLabels: JOB.labels });
      await bench.fleet.controller.settled();
    },
    cause: 'server-fault',
  },
  {
    what: 'a scale set that somebody else listens for',
    async inject(bench) {
      bench.fleet.github.scaleSets.refusesSessions = 'always';
      bench.fleet.listen('set', { runnerScaleSetLabels: JOB.labels });
      await expect.poll(() => bench.pool()?.causes[0]).toBe('server-refuses');
    },
    cause: 'server-refuses',
    says: /409/,
  },
  {
    what: 'a scale set whose Secret is missing',
    async inject(bench) {
      bench.fleet.listen('set', { runnerScaleSetLabels: JOB.labels, githubConfigSecret: 'github' });
      await bench.fleet.controller.settled();
    },
    cause: 'credentials-missing',
  },
  {
    what: 'starts of a scale set that fail until the breaker opens',
    async inject(bench) {
      bench.fake.startError = new OutsideError('No machine is left.', { retryable: true });
      bench.fleet.listen('set', { runnerScaleSetLabels: JOB.labels, minRunners: 1 });
      await expect.poll(() => bench.pool()?.causes[0]).toBe('backend-fails');
      await bench.pass(4 * MINUTE, 5 * SECOND);
    },
    cause: 'backend-fails',
    says: /No machine is left\. The next start is tried at 2026-03-02T09:/,
  },
];

describe('a fault is named as what it is', { timeout: 30_000 }, () => {
  let clock: ManualClock;
  let folder: string;
  let bench: Bench | undefined;
  beforeEach(async () => {
    clock = new ManualClock(Date.parse(START));
    folder = await mkdtemp(join(tmpdir(), 'fleet-faults-'));
  });
  afterEach(async () => {
    bench?.fake.answer();
    await bench?.fleet.close();
    bench = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  for (const { what, inject, backend, of, cause, says } of FAULTS) {
    it(`${what}: ${cause}`, async () => {
      const fake = new FakeBackend();
      bench = new Bench(
        clock,
        await FleetUnderTest.start(clock, (await backend?.({ clock, folder })) ?? fake, 300),
        fake,
      );
      await inject(bench);
      const pool = bench.pool();
      const job = bench.explanation();
      if (of !== 'job') {
        expect(pool?.causes).toEqual([cause]);
        expect(pool?.problems[0]).toMatch(says ?? /./);
      }
      if (of !== 'pool') {
        expect(job.cause).toMatchObject({ code: cause });
        expect(job.cause?.text).toMatch(says ?? /./);
      }
    });
  }

  it('and none is named where nothing is wrong', async () => {
    bench = new Bench(clock, await FleetUnderTest.withFake(clock), new FakeBackend());
    bench.deploy(1);
    await bench.online();
    expect(bench.pool()?.causes).toEqual([]);
    expect(bench.explanation().cause?.code).toBe('idle-runner');
  });

  it('a hold after a scale-out and a schedule are reasons, not problems', async () => {
    bench = new Bench(clock, await FleetUnderTest.withFake(clock), new FakeBackend());
    bench.deploy(0);
    const day = { startTime: '2026-03-02T08:00:00Z', endTime: '2026-03-02T18:00:00Z', maxReplicas: 3 };
    bench.scaleBy({ ...COUNTING, scheduledOverrides: [day], scaleDownDelaySecondsAfterScaleOut: 300 });
    const jobs = bench.fleet.demand.queue(2, { labels: JOB.labels });
    await bench.online(true);
    bench.fleet.demand.end(...jobs);
    await bench.fleet.controller.settled();
    expect(bench.pool()).toMatchObject({ desired: 2, causes: [] });
    expect(bench.pool()?.reasons.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['schedule', 'jobs-counted', 'held']),
    );
  });

  it('every cause is in the documentation, with what to do about it', async () => {
    const text = await readFile(fileURLToPath(new URL('../../../docs/explain.md', import.meta.url)), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    const told = new Set(
      rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code)),
    );
    expect(FAULTS.map(({ cause }) => cause).filter((cause) => !told.has(cause))).toEqual([]);
  });

  it('a trouble is over as soon as it works again', async () => {
    bench = new Bench(clock, await FleetUnderTest.withFake(clock), new FakeBackend());
    await bench.failing(401);
    expect(bench.pool()?.causes).toEqual(['credentials-refused']);
    bench.fleet.github.failWith = undefined;
    await bench.pass(2 * SECOND);
    expect(bench.pool()?.causes).toEqual([]);
  });
});
