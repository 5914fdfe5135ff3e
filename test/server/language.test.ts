import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest } from '../support/server.ts';

const { start } = serversPerTest();

const ONE_JOB = "jobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n";

describe('the language, seen from outside', () => {
  it('SEM-3.13, 5.1: a file that a filter keeps back has no run; the others count from 1, each for itself', async () => {
    const server = await start();
    const files = {
      '.github/workflows/a.yml': `on: { push: { branches: [main] } }\n${ONE_JOB}`,
      '.github/workflows/b.yml': `on: push\n${ONE_JOB}`,
    };
    await server.push(files);
    await server.push(files, { ref: 'other' });
    const runs = (await server.runs()).map(({ id, number, attempt, workflow }) => [
      id,
      workflow.path.slice(18),
      number,
      attempt,
    ]);
    expect(runs).toEqual([
      [3, 'b.yml', 2, 1],
      [2, 'b.yml', 1, 1],
      [1, 'a.yml', 1, 1],
    ]);
  });

  it('SEM-7.1, 7.6, 11.7: hands on the env of workflow and job in this order, to a called job only its own file’s', async () => {
    const server = await start();
    await server.push({
      '.github/workflows/a.yml':
        "on: push\nenv: { WHERE: workflow }\njobs:\n  own: { runs-on: self-hosted, env: { WHERE: job }, steps: [{ run: 'true' }] }\n" +
        '  call: { needs: own, uses: ./.github/workflows/b.yml }\n',
      '.github/workflows/b.yml': `on: workflow_call\nenv: { CALLED: 'yes' }\n${ONE_JOB}`,
    });
    const own = await (await server.runner('box-1')).runOne();
    expect(JSON.stringify(own.environmentVariables)).toMatch(/WHERE.*workflow.*WHERE.*job/);
    const called = await (await server.runner('box-2')).runOne();
    expect(JSON.stringify(called.environmentVariables)).toMatch(/CALLED/);
    expect(JSON.stringify(called.environmentVariables)).not.toMatch(/WHERE/);
  });

  it('SEM-11.12: a job of a called file runs where runners of the caller are, not of the file’s repository', async () => {
    const server = await start();
    await server.push({ '.github/workflows/b.yml': `on: workflow_call\n${ONE_JOB}` }, { repository: 'them/shared' });
    await server.pushWorkflow('on: push\njobs: { call: { uses: them/shared/.github/workflows/b.yml@main } }\n');
    const theirs = await server.runner('theirs', ['self-hosted'], 'repos/them/shared');
    const stop = new AbortController();
    const waiting = theirs.poll('Online', stop.signal).catch(() => undefined);
    const ours = await (await server.runner('ours', ['self-hosted'], 'repos/me/app')).runOne();
    expect(ours.jobDisplayName).toBe('call / a');
    stop.abort();
    await waiting;
  });

  it('SEM-13.9: a runner whose poll ended is offline after a moment, and is not offered a job', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    const runner = await server.runner('box-1');
    const stop = new AbortController();
    const poll = runner.poll('Online', stop.signal).catch(() => undefined);
    const stateOf = async () =>
      (await server.rest<{ runners: { state: string }[] }>('GET', '/switchyard/v1/runners')).runners[0]?.state;
    await expect.poll(stateOf).toBe('idle');
    stop.abort();
    await poll;
    await expect
      .poll(async () => {
        clock.advance(10_000);
        return stateOf();
      })
      .toBe('offline');
    await server.pushWorkflow(`on: push\n${ONE_JOB}`);
    const sentences = (await server.explainRun(1)).jobs?.[0]?.sentences.join(' ');
    expect(sentences).toContain('box-1 could take it but is offline.');
  });

  it('SEM-27.2: a job whose outputs are larger than 1 MB fails, and says so', async () => {
    const server = await start();
    await server.pushWorkflow(`on: push\n${ONE_JOB}`);
    await (await server.runner('box-1')).runOne('succeeded', { big: { value: 'x'.repeat(600_000) } });
    const [job] = (await server.run(1)).jobs;
    expect(job).toMatchObject({ conclusion: 'failure', reason: expect.stringContaining('larger than 1 MB') });
  });
});
