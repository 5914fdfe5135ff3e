import { COUNTING, JOB, SECOND, SHARE, START, testFaults } from '../../../test/support/fault-bench.ts';

testFaults('the way of a job', [
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
]);
