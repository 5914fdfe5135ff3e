import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogPage } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { type RunnerProcess, startConfiguredRunner } from './runner-process.ts';
import { runRunner } from './runner-program.ts';

describe('the log of "Set up job"', () => {
  let server: TestServer;
  let root: string;
  let runner: RunnerProcess | undefined;
  beforeEach(async () => {
    server = await TestServer.start();
    root = await mkdtemp(join(tmpdir(), 'switchyard-setup-'));
    await server.push({ README: 'x' }, { ref: 'none' });
  });
  afterEach(async () => {
    await runner?.close();
    await rm(root, { recursive: true, force: true });
    await server.close();
  });

  it('SEM-15.2: tells who runs the job, where, by which labels, and what its token may do', async () => {
    const path = '/api/v3/repos/me/app/actions/runners/registration-token';
    const { token } = await server.rest<{ token: string }>('POST', path);
    const url = ['--url', `${server.url}/me/app`, '--token', token, '--root', root];
    await runRunner(['config', ...url, '--name', 'box', '--labels', 'gpu,big']);
    await writeFile(
      join(root, '.setup_info'),
      `\uFEFF${JSON.stringify([
        { group: 'Image', detail: 'built on Monday\nby hand' },
        { detail: 'no title' },
        { group: '_internal_x', detail: 'hidden' },
        'nonsense',
      ])}`,
    );
    runner = startConfiguredRunner(root, ['--once'], {
      SWITCHYARD_RUNNER_BACKEND: 'docker',
      SWITCHYARD_RUNNER_IMAGE: 'runner:1.2',
    });
    await server.pushWorkflow(
      "on: push\npermissions: { contents: read }\njobs:\n  a: { runs-on: [self-hosted, gpu], steps: [{ run: 'true' }] }\n",
    );
    await runner.exited;
    const [run] = await server.runs();
    const [job] = await waitFor('the job', async () => (await server.run(run?.id ?? 0)).jobs);
    const { lines } = await server.rest<LogPage>('GET', `/switchyard/v1/jobs/${job?.id}/steps/1/log?from=1&limit=1000`);
    const log = lines.map((line) => line.replace(/^\S+Z /, ''));
    const group = (title: string): string[] => {
      const start = log.indexOf(`##[group]${title}`);
      expect(start, `${title} in\n${log.join('\n')}`).toBeGreaterThanOrEqual(0);
      return log.slice(start + 1, log.indexOf('##[endgroup]', start));
    };
    expect(group('Runner information')).toEqual([
      "Runner name: 'box'",
      "Runner group name: 'Default'",
      `Machine name: '${hostname()}'`,
      "Labels of the runner: 'self-hosted', 'Linux', 'X64', 'gpu', 'big'",
      "Labels that the job asked for: 'self-hosted', 'gpu'",
      "Started by: 'docker'",
      "Runner image: 'runner:1.2'",
    ]);
    expect(group('Operating System').at(-1)).toContain(release());
    expect(group('Image')).toEqual(['built on Monday', 'by hand']);
    expect(group('Machine Setup Info')).toEqual(['no title']);
    expect(group('GITHUB_TOKEN Permissions')).toContain('Contents: read');
    expect(log).toContain('Secret source: Actions');
    expect(log.join('\n')).not.toContain('hidden');
  });
});
