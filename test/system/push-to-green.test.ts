import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogPage, RunDetail, RunnerList } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait.ts';

const WORKFLOW = `
name: Three jobs
on: push
env: { GREETING: hello }
jobs:
  build:
    runs-on: [self-hosted, Linux]
    outputs: { version: '\${{ steps.v.outputs.version }}' }
    steps:
      - uses: actions/checkout@v4
      - id: v
        run: echo "version=$(cat VERSION)" >> "$GITHUB_OUTPUT"
      - run: echo "::group::Details"; echo "$GREETING from $GITHUB_REPOSITORY"; echo "::endgroup::"
  test:
    needs: build
    runs-on: self-hosted
    steps:
      - run: echo "testing \${{ needs.build.outputs.version }}"
      - run: exit 3
      - run: echo never
      - if: failure()
        run: echo cleaning up
  report:
    needs: [build, test]
    if: always()
    runs-on: self-hosted
    steps:
      - run: echo "test was \${{ needs.test.result }} for \${{ needs.build.outputs.version }}"
  deploy:
    needs: test
    runs-on: self-hosted
    steps: [{ run: echo never }]
`;

describe('a push, three jobs and two ephemeral runners', () => {
  let server: TestServer;
  let fleet: TestFleet;
  let run: RunDetail;

  beforeAll(async () => {
    server = await TestServer.start();
    fleet = await TestFleet.start(server, 2, 'two');
    const said = await server.push(
      { '.github/workflows/ci.yml': WORKFLOW, VERSION: '1.2.3' },
      { message: 'Release it' },
    );
    expect(said).toContain('Three jobs #1 started');
    run = await waitFor('the run to end', async () => {
      const detail = await server.run(1);
      return detail.status === 'completed' && detail;
    });
  });

  afterAll(async () => {
    await fleet?.close();
    await server?.close();
  });

  const jobOf = (key: string) => {
    const job = run.jobs.find((candidate) => candidate.key === key);
    if (!job) throw new Error(`no job ${key}`);
    return job;
  };
  const logOf = async (key: string): Promise<string> => {
    const job = jobOf(key);
    const pages = await Promise.all(
      job.steps.map(({ number }) => server.rest<LogPage>('GET', `/switchyard/v1/jobs/${job.id}/steps/${number}/log`)),
    );
    return pages.flatMap(({ lines }) => lines).join('\n');
  };

  it('ends every job as the workflow says', async () => {
    expect(await server.states(1)).toEqual({ build: 'success', test: 'failure', report: 'success', deploy: 'skipped' });
    expect(run.conclusion).toBe('failure');
  });

  it('shows each step with its conclusion', () => {
    const conclusions = jobOf('test').steps.map(({ conclusion }) => conclusion);
    // Set up job, four steps, Complete job.
    expect(conclusions).toEqual(['success', 'success', 'failure', 'skipped', 'success', 'success']);
    expect(jobOf('test').annotations.map(({ message }) => message)).toEqual(['Process completed with exit code 3.']);
  });

  it('keeps the log of each step, with outputs handed from job to job', async () => {
    expect(await logOf('build')).toContain('hello from me/app');
    expect(await logOf('test')).toContain('testing 1.2.3');
    expect(await logOf('test')).not.toMatch(/Z never/);
    expect(await logOf('report')).toContain('test was failure for 1.2.3');
  });

  it("offers the job's whole log by GitHub's REST", async () => {
    const answer = await fetch(`${server.url}/api/v3/repos/me/app/actions/jobs/${jobOf('build').id}/logs`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('hello from me/app');
  });

  it('explains who took each job, and why one was skipped', async () => {
    const explained = await server.explainRun(1);
    const build = explained.jobs?.find(({ subject }) => subject.name === 'build');
    expect(build?.history.map(({ text }) => text).join(' ')).toMatch(/Offered to two-\w+-\w+, which has every label/);
    const deploy = explained.jobs?.find(({ subject }) => subject.name === 'deploy');
    expect(deploy?.sentences).toEqual([
      'Skipped because its condition `success()` was false: test ended with failure.',
    ]);
  });

  it('has replaced the used runners: two are idle again', async () => {
    const runners = await waitFor('two idle runners', async () => {
      const list = await server.rest<RunnerList>('GET', '/switchyard/v1/runners');
      return list.runners.length === 2 && list.runners.every(({ state }) => state === 'idle') && list.runners;
    });
    const used = run.jobs.flatMap(({ runner }) => (runner ? [runner.name] : []));
    expect(runners.filter(({ name }) => used.includes(name))).toEqual([]);
  });
});
