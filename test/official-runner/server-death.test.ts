import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogPage, RunDetail } from '../../src/protocol/dashboard/index.ts';
import type { GenerateJitConfigResponse } from '../../src/protocol/github/runners.ts';
import { git, writeFiles } from '../support/git.ts';
import { Program } from '../support/programs.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';
import { gated } from './workflows.ts';

describe.skipIf(!officialRunner)(
  'a server that is killed while the official runner works',
  { timeout: 150_000 },
  () => {
    let folder: string;
    let server: Program;
    let url: string;
    const runners: OfficialRunner[] = [];

    const startServer = async (port: string): Promise<void> => {
      server = Program.start(['server', '--port', port, '--data', join(folder, 'data')], { cwd: folder });
      await server.printed('serves at');
      url = /serves at (\S+);/.exec(server.output)?.[1] ?? '';
    };
    const token = async (): Promise<string> => (await readFile(join(folder, 'data', 'admin-token'), 'utf8')).trim();
    const rest = async <T>(method: string, path: string, json?: unknown): Promise<T> => {
      const { status, body } = await call<T>(method, url + path, { token: await token(), json });
      if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
      return body;
    };
    const push = async (repository: string, workflow: string): Promise<void> => {
      const checkout = join(folder, repository);
      await writeFiles(checkout, { '.github/workflows/ci.yml': workflow });
      await git(checkout, 'init', '-q', '-b', 'main');
      await git(checkout, 'add', '-A');
      await git(checkout, 'commit', '-q', '-m', 'Wait');
      await git(checkout, 'push', '-q', `http://x:${await token()}@${new URL(url).host}/me/${repository}.git`, 'main');
    };
    const stepLog = async (jobId: number): Promise<string> =>
      (await rest<LogPage>('GET', `/switchyard/v1/jobs/${jobId}/steps/2/log`)).lines.join('\n');
    const endOf = (runId: number): Promise<RunDetail> =>
      waitFor(
        'the run to end',
        async () => {
          const run = await rest<RunDetail>('GET', `/switchyard/v1/runs/${runId}`);
          return run.status === 'completed' && run;
        },
        100_000,
      );

    /** Brings a job to its step that waits for the file `gate`. `id` is that of run and job: each run has one job. */
    const startJob = async (): Promise<{ id: number; gate: string; runner: OfficialRunner }> => {
      const id = runners.length + 1;
      const gate = join(folder, `gate-${id}`);
      const label = `official-${id}`;
      await push(`app-${id}`, gated(label, gate));
      const { encoded_jit_config } = await rest<GenerateJitConfigResponse>(
        'POST',
        '/api/v3/enterprises/switchyard/actions/runners/generate-jitconfig',
        { name: label, runner_group_id: 1, labels: [label] },
      );
      const runner = await OfficialRunner.start(join(folder, label), encoded_jit_config);
      runners.push(runner);
      const isWaiting = async (): Promise<boolean> => {
        const run = await rest<RunDetail>('GET', `/switchyard/v1/runs/${id}`);
        return (run.jobs[0]?.steps.length ?? 0) > 1 && (await stepLog(id)).includes('the gate is shut');
      };
      await waitFor('the step', isWaiting, 40_000);
      return { id, gate, runner };
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'switchyard-official-'));
      await startServer('0');
    });
    afterAll(async () => {
      for (const runner of runners) await runner.close();
      await server?.kill('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    });

    it('knows the job again: its live lines are kept, and it ends green with its whole log', async () => {
      const { id, gate, runner } = await startJob();
      await server.kill('SIGKILL');
      await startServer(new URL(url).port);
      expect(await stepLog(id)).toContain('the gate is shut');
      await writeFile(gate, '');

      const run = await endOf(id);
      expect(run.conclusion).toBe('success');
      expect(run.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toEqual(Array(4).fill('success'));
      expect(await stepLog(id)).toMatch(/Z the gate is shut\n\S+Z the gate is open$/);
      expect(await runner.exited()).toBe(0);
    });

    it('gets the end of a job and of its steps that happened while it was away', async () => {
      const { id, gate, runner } = await startJob();
      await server.kill('SIGKILL');
      await writeFile(gate, '');
      await waitFor('the last step', () => existsSync(`${gate}.end`));
      await startServer(new URL(url).port);

      const run = await endOf(id);
      expect(run.conclusion).toBe('success');
      expect(run.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toEqual(Array(4).fill('success'));
      expect(await runner.exited()).toBe(0);
    });
  },
);
