import { COUNTING, JOB, SECOND, testFaults } from '../../../test/support/fault-bench.ts';

testFaults('a policy', [
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
]);
