/** `ACTIONS_STEP_DEBUG` and `ACTIONS_RUNNER_DEBUG` end to end (SEM-23.5, 29.5). */
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { call } from '../support/simulated-runner.ts';
import { ActionJobs, type Outcome } from './action-jobs.ts';

const jobs = new ActionJobs();
const SECRET = 'hunter-2-of-mine';

async function secret(name: string, value: string): Promise<void> {
  const path = `/switchyard/v1/repos/me/app/secrets/${name}`;
  const { status } = await call('PUT', jobs.server.url + path, { token: jobs.server.token, json: { value } });
  expect(status).toBe(204);
}

async function runWith(switches: string[]): Promise<Outcome> {
  await jobs.server.push({ 'README.md': 'x' });
  await secret('PASSWORD', SECRET);
  for (const name of switches) await secret(name, 'true');
  return await jobs.run(`
      - id: one
        name: First
        if: github.ref == 'refs/heads/main'
        env: { PASSWORD: "\${{ secrets.PASSWORD }}" }
        run: |
          echo "A=1" >> $GITHUB_ENV
          echo "key=$PASSWORD" >> $GITHUB_OUTPUT
          echo "::debug::from the step"
          echo "RUNNER_DEBUG is [$RUNNER_DEBUG]"
      - { name: Second, if: failure(), run: 'true' }
`);
}

async function diagnostics(jobId: number): Promise<string | undefined> {
  const url = `${jobs.server.url}/switchyard/v1/jobs/${jobId}/diagnostics`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${jobs.server.token}` } });
  if (response.status === 404) return undefined;
  expect(response.headers.get('content-type')).toBe('application/zip');
  const zip = Buffer.from(await response.arrayBuffer());
  const start = 30 + zip.readUInt16LE(26);
  return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(18))).toString('utf8');
}

describe('debug logging', () => {
  it('SEM-23.5: with ACTIONS_STEP_DEBUG the log tells of conditions, files and debug lines, masked', async () => {
    const { job, log } = await runWith(['ACTIONS_STEP_DEBUG']);
    for (const line of [
      "##[debug]Evaluating condition for step: 'First'",
      "##[debug]Evaluating: (success() && (github.ref == 'refs/heads/main'))",
      "##[debug]Expanded: (true && ('refs/heads/main' == 'refs/heads/main'))",
      '##[debug]Result: true',
      '##[debug]Starting: First',
      '##[debug]from the step',
      "##[debug]A='1'",
      '##[debug]Set output key = ***',
      '##[debug]Finishing: First',
      "##[debug]Evaluating condition for step: 'Second'",
      '##[debug]Result: false',
      'RUNNER_DEBUG is [1]',
    ]) {
      expect(log).toContain(line);
    }
    expect(log).toMatch(/##\[debug\]\S*bash -e \S+\.sh/);
    expect(log).not.toContain(SECRET);
    expect(await diagnostics(job.id)).toBeUndefined();
  });

  it('SEM-23.5: without it there is nothing of that', async () => {
    const { log } = await runWith([]);
    expect(log).not.toContain('##[debug]');
    expect(log).toContain('RUNNER_DEBUG is []');
  });

  it('runner-protocol 8.1: with ACTIONS_RUNNER_DEBUG the runner sends its own log of the job, without secrets', async () => {
    const { job, log } = await runWith(['ACTIONS_RUNNER_DEBUG']);
    expect(log).not.toContain('##[debug]Evaluating');
    const text = (await diagnostics(job.id)) ?? '';
    expect(text).toMatch(/^\[\d{4}-\S+Z\] job job, request \d+/);
    expect(text).toContain('First starts');
    expect(text).toMatch(/starts the process \d+/);
    expect(text).toContain('exit code 0');
    expect(text).toContain('the job ends: succeeded');
    expect(text).toContain('password');
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('AccessToken');
    expect(text).not.toMatch(/eyJ[\w-]{10,}/);
  });
});
