import { COUNTING, JOB, POOL, SECOND, testFaults } from '../../../test/support/fault-bench.ts';
import type { BadAnswer } from '../testing/github-stand-in.ts';

const RESET_S = Date.parse('2026-03-02T10:00:00Z') / 1_000;
const limited = (headers: Record<string, string>): BadAnswer => ({
  status: 403,
  body: { message: 'API rate limit exceeded' },
  headers,
});

testFaults('the server or of the credentials for it', [
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
]);
