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

describe.skipIf(!officialRunner)('a server that is killed while the official runner works', () => {
  let folder: string;
  let server: Program;
  let url: string;
  let runner: OfficialRunner | undefined;

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
  const push = async (workflow: string): Promise<void> => {
    const app = join(folder, 'app');
    await writeFiles(app, { '.github/workflows/ci.yml': workflow });
    await git(app, 'init', '-q', '-b', 'main');
    await git(app, 'add', '-A');
    await git(app, 'commit', '-q', '-m', 'Wait');
    await git(app, 'push', '-q', `http://x:${await token()}@${new URL(url).host}/me/app.git`, 'main');
  };
  const stepLog = async (): Promise<string> =>
    (await rest<LogPage>('GET', '/switchyard/v1/jobs/1/steps/2/log')).lines.join('\n');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-official-'));
    await startServer('0');
  });
  afterAll(async () => {
    await runner?.close();
    await server?.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });

  it('knows the job again: live lines go on, and it ends green with its whole log', { timeout: 120_000 }, async () => {
    const gate = join(folder, 'gate');
    await push(gated('official', gate));
    const { encoded_jit_config } = await rest<GenerateJitConfigResponse>(
      'POST',
      '/api/v3/enterprises/switchyard/actions/runners/generate-jitconfig',
      { name: 'official-1', runner_group_id: 1, labels: ['official'] },
    );
    runner = await OfficialRunner.start(join(folder, 'runner'), encoded_jit_config);
    await waitFor(
      'the step',
      () =>
        stepLog().then(
          (log) => log.includes('the gate is shut'),
          () => false,
        ),
      40_000,
    );

    await server.kill('SIGKILL');
    await startServer(new URL(url).port);
    expect(await stepLog()).toContain('the gate is shut');
    await writeFile(gate, '');

    const run = await waitFor(
      'the run to end',
      async () => {
        const detail = await rest<RunDetail>('GET', '/switchyard/v1/runs/1');
        return detail.status === 'completed' && detail;
      },
      60_000,
    );
    expect(run.conclusion).toBe('success');
    expect(run.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toEqual(Array(4).fill('success'));
    expect(await stepLog()).toMatch(/Z the gate is shut\n\S+Z the gate is open$/);
    expect(await runner.exited()).toBe(0);
  });
});
