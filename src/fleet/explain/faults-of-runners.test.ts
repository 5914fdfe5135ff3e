import { expect } from 'vitest';
import { JOB, MINUTE, SECOND, testFaults } from '../../../test/support/fault-bench.ts';
import { OutsideError } from '../../common/errors.ts';

testFaults('runners or scale sets', [
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
]);
