import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Job, LogPage, RunDetail, RunnerList } from '../../src/protocol/dashboard/index.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialJobs } from './official-jobs.ts';
import { officialRunner } from './official-runner.ts';
import { endless, FOREIGN_ACTION, gated, LANGUAGE, longLog } from './workflows.ts';

const SECRET = 'correct-horse-battery';

const jobs = new OfficialJobs();

describe.skipIf(!officialRunner)('the official runner on a real server', () => {
  const jobOf = (run: RunDetail, name: string): Job => {
    const job = run.jobs.find((candidate) => candidate.name === name);
    if (!job) throw new Error(`no job ${name} among ${run.jobs.map((each) => each.name).join(', ')}`);
    return job;
  };
  const stepLog = async (job: Job, step: number): Promise<string[]> => {
    const all: string[] = [];
    for (;;) {
      const path = `/switchyard/v1/jobs/${job.id}/steps/${step}/log?from=${all.length + 1}&limit=10000`;
      const { lines } = await jobs.server.rest<LogPage>('GET', path);
      if (lines.length === 0) return all;
      all.push(...lines);
    }
  };
  const hasPrinted = (job: Job, step: number, text: string): Promise<boolean> =>
    waitFor(`"${text}"`, async () => (await stepLog(job, step)).some((line) => line.includes(text)));
  const runningJob = (runId: number): Promise<Job> =>
    waitFor('the job to run a step', async () => {
      const [job] = (await jobs.server.run(runId)).jobs;
      return job?.steps.some(({ number, status }) => number > 1 && status === 'in_progress') && job;
    });
  /** Without the time. */
  const texts = (lines: string[]): string[] => lines.map((line) => line.replace(/^\S+Z /, ''));

  describe('a workflow with needs, a matrix, conditions, outputs and local actions', () => {
    let run: RunDetail;
    let exitCodes: (number | null)[];

    beforeAll(async () => {
      await jobs.server.push({ README: 'x' }, { ref: 'none' });
      await jobs.server.rest('PUT', '/switchyard/v1/repos/me/app/secrets/PASSWORD', { value: SECRET });
      await jobs.server.pushWorkflow(LANGUAGE, { message: 'Speak' });
      const used = await Promise.all([1, 2, 3, 4].map(() => jobs.startRunner(['self-hosted', 'Linux'])));
      run = await jobs.ended((await jobs.server.runs())[0]?.id ?? 0);
      exitCodes = await Promise.all(used.map((runner) => runner.exited()));
    }, 120_000);

    it('ends every job as the workflow says', () => {
      const ends = Object.fromEntries(run.jobs.map(({ name, conclusion }) => [name, conclusion]));
      expect(ends).toEqual({
        build: 'success',
        'test (18)': 'failure',
        'test (20)': 'success',
        report: 'success',
        deploy: 'skipped',
      });
      expect(run.conclusion).toBe('failure');
    });

    it('ends each ephemeral runner with its job, and its registration', async () => {
      expect(exitCodes).toEqual([0, 0, 0, 0]);
      const { runners: left } = await jobs.server.rest<RunnerList>('GET', '/switchyard/v1/runners');
      expect(left.filter(({ labels }) => labels.includes('Linux'))).toEqual([]);
    });

    it('lists the steps, also those it adds itself', () => {
      expect(jobOf(run, 'build').steps.map(({ name, conclusion }) => `${name}: ${conclusion}`)).toEqual([
        'Set up job: success',
        'Say hello: success',
        'Run echo "LATER is $LATER, the password is $PASSWORD": success',
        'Run echo "::group::Details"; echo inside; echo "::endgroup::": success',
        'Write two actions, one that uses the other: success',
        'Run ./outer: success',
        'Run echo "the action said hi Ada": success',
        'Post Run ./outer: success',
        'Complete job: success',
      ]);
      expect(jobOf(run, 'test (18)').steps.map(({ conclusion }) => conclusion)).toEqual([
        'success',
        'success',
        'failure',
        'skipped',
        'success',
        'success',
        'success',
      ]);
    });

    it('hands env, outputs, matrix and contexts to the steps', async () => {
      const build = await jobs.log(jobOf(run, 'build'));
      expect(build).toContain('Z hello job step of build on main');
      expect(build).toContain('Z LATER is kept, the password is ***');
      expect(build).toContain('Z the action said hi Ada');
      expect(build).toContain('Z tidied up');
      expect(build).not.toContain(SECRET);
      const failed = await jobs.log(jobOf(run, 'test (18)'));
      expect(failed).toContain('Z testing 1.2.3 on 18, one of 2');
      expect(failed).toContain('Z cleaning up');
      expect(failed).toContain('Z the job is failure');
      expect(failed).not.toContain('Z only after success');
      expect(await jobs.log(jobOf(run, 'test (20)'))).toContain('Z only after success');
      expect(await jobs.log(jobOf(run, 'report'))).toContain('Z test was failure for 1.2.3');
    });

    it("keeps each step's log with its line count", async () => {
      const build = jobOf(run, 'build');
      const lines = texts(await stepLog(build, 4));
      expect(lines.slice(-5)).toEqual([
        '##[group]Details',
        'inside',
        '##[endgroup]',
        '##[notice]a notice',
        '##[warning]a warning',
      ]);
      expect(build.steps[3]?.logLines).toBe(lines.length);
      expect(texts(await stepLog(build, 1))[0]).toMatch(/^Current runner version: /);
    });

    it('reports annotations', () => {
      const shown = jobOf(run, 'build').annotations.map(({ level, message, title, path, line }) => ({
        ...{ level, message, title, path, line },
      }));
      expect(shown).toContainEqual(expect.objectContaining({ level: 'notice', message: 'a notice', title: 'Note' }));
      expect(shown).toContainEqual(
        expect.objectContaining({ level: 'warning', message: 'a warning', path: 'src/a.ts', line: 3 }),
      );
      expect(jobOf(run, 'test (18)').annotations).toEqual([
        expect.objectContaining({ level: 'failure', message: 'Process completed with exit code 3.', stepNumber: 3 }),
      ]);
    });

    it('uploads the step summary', async () => {
      const folder = join(jobs.server.folder, 'data', 'blobs', 'summaries', String(jobOf(run, 'build').id));
      const [file = ''] = await readdir(folder);
      expect(await readFile(join(folder, file), 'utf8')).toBe('# Built Speak\n');
    });
  });

  it.each([5_000, 60_000])('keeps a log of %i lines whole: each line once, in order', async (count) => {
    const runId = await jobs.push(longLog(count));
    await jobs.startRunner(['long']);
    const [job] = (await jobs.ended(runId)).jobs;
    if (!job) throw new Error('no job');
    const numbers = (lines: string[]): string[] =>
      lines.flatMap((line) => /Z line (\d+) of a log that .* megabytes\.$/.exec(line)?.[1] ?? []);
    const expected = Array.from({ length: count }, (_, index) => String(index + 1).padStart(8, '0'));
    expect(numbers(await stepLog(job, 2))).toEqual(expected);
    expect(numbers((await jobs.log(job)).split('\n'))).toEqual(expected);
  });

  it('shows lines while the step runs', async () => {
    const gate = join(jobs.server.folder, 'gate-live');
    const runId = await jobs.push(gated('live', gate));
    await jobs.startRunner(['live']);
    const job = await runningJob(runId);
    await hasPrinted(job, 2, 'Z the gate is shut');
    expect((await jobs.server.run(runId)).status).toBe('in_progress');
    await writeFile(gate, '');
    expect((await jobs.ended(runId)).conclusion).toBe('success');
  });

  it('ends a cancelled job soon, and lets its always() step run', async () => {
    const runId = await jobs.push(endless('cancel', 10));
    await jobs.startRunner(['cancel']);
    const job = await runningJob(runId);
    await hasPrinted(job, 2, 'Z going to sleep');
    await jobs.server.rest('POST', `/api/v3/repos/me/app/actions/runs/${runId}/cancel`);
    const run = await jobs.ended(runId);
    expect(run.conclusion).toBe('cancelled');
    expect(run.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toEqual([
      'success',
      'cancelled',
      'success',
      'skipped',
      'success',
    ]);
    expect(await jobs.log(job)).toContain('Z always, the job is cancelled');
  });

  it('SEM-28.7: cancels a job at its time limit, and says so', async () => {
    const runId = await jobs.push(endless('limit', 0.1));
    await jobs.startRunner(['limit']);
    const run = await jobs.ended(runId);
    const [job] = run.jobs;
    expect(run.conclusion).toBe('cancelled');
    expect(job?.annotations.map(({ message }) => message)).toContain(
      'The job has exceeded its maximum execution time of 0.1 minutes.',
    );
    expect(job && (await jobs.log(job))).toContain('Z always, the job is cancelled');
  });

  it('fails at once, with a reason, on an action of another repository', async () => {
    const runId = await jobs.push(FOREIGN_ACTION);
    await jobs.startRunner(['foreign']);
    const [job] = (await jobs.ended(runId)).jobs;
    expect(job?.conclusion).toBe('failure');
    expect(job?.annotations.map(({ message }) => message).join('\n')).toContain('actions/checkout@v4');
  });
});
