import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Fault, MINUTE, POOL, testFaults } from '../../../test/support/fault-bench.ts';
import { OutsideError } from '../../common/errors.ts';
import { silentLogger } from '../../common/log.ts';
import { Backends } from '../backends/backends.ts';
import { Engine, EngineFailed } from '../backends/docker/engine.ts';
import { Images } from '../backends/docker/images.ts';
import { ExternalBackend } from '../backends/external/external-backend.ts';
import { FakeBackend } from '../backends/fake.ts';
import { LEGACY_VERSION } from '../resources/object.ts';
import { poolFacts } from './pool-facts.ts';

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

testFaults('a backend', [
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
]);
