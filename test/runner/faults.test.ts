import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/common/package.ts';
import { jobMessage, type ScriptedStep, StandInServer } from '../support/stand-in-server.ts';
import { childrenOf, poll, processesWith, type RunnerProcess, startRunner, workerOf } from './runner-process.ts';

let server: StandInServer;
let runner: RunnerProcess;
let scratch: string;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'switchyard-fault-'));
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
  expect(server.violations).toEqual([]);
});

const touched = (name: string): string => join(scratch, name);

/** A step whose two processes live until they are killed, and that shows when they run. */
function stubborn(marker: string): ScriptedStep {
  return {
    name: 'stubborn',
    run: `trap '' INT TERM\n(trap '' INT TERM; exec sleep ${marker}) &\ntouch ${touched('running')}\nwhile true; do sleep ${marker} || true; done`,
  };
}

/** Starts a job and waits until its first step runs. */
async function startJob(steps: ScriptedStep[], ephemeral = true, env: Record<string, string> = {}) {
  runner = startRunner(server.jitConfig({ ephemeral }), { env });
  const job = jobMessage(server, { steps });
  const requestId = server.offer(job);
  await poll('the step runs', () => existsSync(touched('running'))).catch((error: unknown) => {
    throw new Error(`${error}\n${runner.output()}\n${server.summary()}\n${server.feedText()}`);
  });
  return { job, requestId };
}

const conclusions = (): (string | null | undefined)[] | undefined =>
  server.completions[0]?.stepResults?.slice(1, -1).map(({ name, conclusion }) => `${name}: ${conclusion}`);

describe('cancellation', () => {
  it('kills a step that ignores signals with all its processes, then runs always() and cancelled() steps (SEM-28.2, 28.3)', async () => {
    const { job } = await startJob([
      stubborn('4242.11'),
      { name: 'normal', run: 'true' },
      { name: 'always', run: 'echo cleaned up', if: 'always()' },
      { name: 'cancelled', run: 'true', if: 'cancelled()' },
    ]);
    server.send('JobCancellation', { jobId: job.jobId, timeout: '00:05:00' });
    expect(await runner.exited).toBe(0);
    expect(server.completions[0]?.conclusion).toBe('canceled');
    expect(conclusions()).toEqual([
      'stubborn: canceled',
      'normal: skipped',
      'always: succeeded',
      'cancelled: succeeded',
    ]);
    expect(server.stepLog('normal')).toContain(': "stubborn" ended with cancelled, the job was cancelled.');
    expect(server.stepLog('always')).toContain('cleaned up');
    expect(processesWith('4242.11')).toEqual([]);
  });

  it('leaves an always() step running (SEM-28.2)', async () => {
    const { job } = await startJob([
      {
        name: 'keeps on',
        run: `touch ${touched('running')}; while [ ! -e ${touched('go')} ]; do sleep 0.05; done`,
        if: 'always()',
      },
    ]);
    server.send('JobCancellation', { jobId: job.jobId, timeout: '00:05:00' });
    await server.until('the message was taken', () => server.callsTo('/broker/message').length >= 3);
    execFileSync('touch', [touched('go')]);
    expect(await runner.exited).toBe(0);
    expect(conclusions()).toEqual(['keeps on: succeeded']);
    expect(server.completions[0]?.conclusion).toBe('canceled');
  });

  it('ignores a cancellation for another job', async () => {
    await startJob([
      { name: 'works', run: `touch ${touched('running')}; while [ ! -e ${touched('go')} ]; do sleep 0.05; done` },
    ]);
    server.send('JobCancellation', { jobId: '99999999-2222-3333-4444-555555555555', timeout: '00:05:00' });
    await server.until('the message was taken', () => server.callsTo('/broker/message').length >= 3);
    execFileSync('touch', [touched('go')]);
    expect(await runner.exited).toBe(0);
    expect(server.completions[0]?.conclusion).toBe('succeeded');
  });
});

describe('a death', () => {
  it('of the worker is reported by the listener with its signal, and stops its processes', async () => {
    await startJob([stubborn('4242.22')]);
    process.kill(workerOf(runner.child), 'SIGKILL');
    expect(await runner.exited).toBe(0);
    expect(server.completions).toHaveLength(1);
    expect(server.completions[0]?.conclusion).toBe('failed');
    expect(server.completions[0]?.annotations?.[0]?.message).toContain('signal SIGKILL');
    expect(processesWith('4242.22')).toEqual([]);
  });

  it('of the listener stops the job: no process is left and the job is completed as failed', async () => {
    await startJob([stubborn('4242.33')]);
    runner.child.kill('SIGKILL');
    await server.until('the job is completed', () => server.completions.length > 0);
    expect(server.completions[0]?.conclusion).toBe('failed');
    expect(server.completions[0]?.annotations?.[0]?.message).toContain('listener');
    await poll('all processes are gone', () => processesWith('4242.33').length === 0);
    await poll('the worker is gone', () => processesWith(runner.root).length === 0);
  });
});

describe('an absent server', () => {
  it('does not disturb a running job: it ends green and is reported when the server is back', async () => {
    server.leaseMs = 1_500;
    await startJob([
      {
        name: 'long',
        run: `touch ${touched('running')}; echo before; while [ ! -e ${touched('go')} ]; do sleep 0.05; done; echo after`,
      },
      { name: 'next', run: 'echo next' },
    ]);
    await server.stop();
    await poll('the listener has noticed', () => runner.output().includes('does not answer'));
    execFileSync('touch', [touched('go')]);
    await poll('the job went on', () => existsSync(join(runner.root, '_work/r/r')));
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // The outage itself is what is tested.
    const renewals = server.callsTo('renewjob').length;
    await server.start();
    expect(await runner.exited).toBe(0);
    expect(server.completions[0]?.conclusion).toBe('succeeded');
    expect(server.stepLog('long')).toContain('after');
    expect(server.jobLog()).toContain('next');
    expect(renewals).toBeGreaterThan(0);
    expect(server.acquired.size).toBe(1);
  });

  it('is awaited by an idle runner', async () => {
    runner = startRunner(server.jitConfig());
    await server.until('the runner polls', () => server.callsTo('/broker/message').length > 0);
    await server.stop();
    await poll('the listener has noticed', () => runner.output().includes('does not answer'));
    await server.start();
    server.offer(jobMessage(server, { steps: [{ run: 'true' }] }));
    expect(await runner.exited).toBe(0);
    expect(server.completions[0]?.conclusion).toBe('succeeded');
  });
});

describe('the lease', () => {
  it('is renewed at a third of its length while a step runs', async () => {
    server.leaseMs = 900;
    await startJob([
      { name: 'long', run: `touch ${touched('running')}; while [ ! -e ${touched('go')} ]; do sleep 0.05; done` },
    ]);
    await server.until('three renewals', () => server.callsTo('renewjob').length >= 3, 5_000);
    execFileSync('touch', [touched('go')]);
    expect(await runner.exited).toBe(0);
  });

  it('that is refused with 404 stops the job without a report', async () => {
    server.leaseMs = 900;
    await startJob([stubborn('4242.44')], false);
    server.renewStatus = 404;
    await poll('the job is stopped', () => processesWith('4242.44').length === 0);
    await poll('the runner says so', () => runner.output().includes('result: Abandoned'));
    expect(server.completions).toEqual([]);
  });
});

describe('a long-lived runner', () => {
  it('takes one job after the other, and never runs a redelivered request again', async () => {
    runner = startRunner(server.jitConfig({ ephemeral: false, fips: false }));
    const first = server.offer(jobMessage(server, { steps: [{ run: 'true' }] }));
    await server.until('the first job', () => server.completions.length === 1);
    server.redeliver(first);
    server.offer(jobMessage(server, { steps: [{ run: 'exit 1' }] }));
    await server.until('the second job', () => server.completions.length === 2);
    expect(server.completions.map(({ conclusion }) => conclusion)).toEqual(['succeeded', 'failed']);
    expect(server.callsTo('acquirejob')).toHaveLength(2);
    runner.child.kill('SIGTERM');
    expect(await runner.exited).toBe(0);
    expect(server.sessionDeleted).toBe(true);
  });

  it('skips a job that another runner has, and polls on', async () => {
    runner = startRunner(server.jitConfig({ ephemeral: false }));
    server.acquireStatus = 409;
    await poll('a worker is kept ready', () => childrenOf(runner.child).length > 0);
    const [worker] = childrenOf(runner.child);
    server.offer(jobMessage(server, { steps: [{ run: 'true' }] }));
    await server.until('the attempt', () => server.callsTo('acquirejob').length === 1);
    server.acquireStatus = 200;
    // Another one is made ready at once, so the count of workers tells nothing.
    await poll('its worker is gone', () => !childrenOf(runner.child).includes(worker ?? 0));
    server.offer(jobMessage(server, { steps: [{ run: 'true' }] }));
    await server.until('the next job', () => server.completions.length === 1);
    expect(server.completions[0]?.conclusion).toBe('succeeded');
  });
});

describe('shutdown', () => {
  it('fails the running job, skips the rest, ends the session and exits 0 (SEM-28.8)', async () => {
    await startJob([stubborn('4242.55'), { name: 'rest', run: 'true', if: 'always()' }], false);
    runner.child.kill('SIGTERM');
    expect(await runner.exited).toBe(0);
    expect(server.completions[0]?.conclusion).toBe('failed');
    expect(conclusions()).toEqual(['stubborn: failed', 'rest: skipped']);
    expect(server.stepLog('stubborn')).toMatch(/The runner has received a shutdown signal\. It got SIGTERM: /);
    expect(server.stepLog('rest')).toContain('Skipped because the runner is shutting down.');
    expect(server.sessionDeleted).toBe(true);
    expect(processesWith('4242.55')).toEqual([]);
  });

  it('at the second signal ends at once and leaves no process', async () => {
    // Else the first one may have ended it before the second comes.
    await startJob([stubborn('4242.66')], false, { SWITCHYARD_SIGINT_GRACE_MS: '60000' });
    runner.child.kill('SIGINT');
    await poll('the first signal is answered', () => runner.output().includes('shutting down'));
    runner.child.kill('SIGINT');
    expect(await runner.exited).toBe(1);
    expect(processesWith('4242.66')).toEqual([]);
  });
});

describe('refusals of the server', () => {
  it('end the runner with code 1 when its registration was deleted (runner-protocol 3)', async () => {
    server.tokenError = { error: 'invalid_client', error_description: 'no such runner' };
    runner = startRunner(server.jitConfig());
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toContain('registration has been deleted');
  });

  it('are retried with a hint when the clocks differ (runner-protocol 3)', async () => {
    server.tokenError = { error: 'invalid_request', error_description: 'Current server time is 2020-01-01' };
    runner = startRunner(server.jitConfig());
    await poll('the hint', () => runner.output().includes('clock differs'));
    server.tokenError = undefined;
    await server.until('the runner polls', () => server.callsTo('/broker/message').length > 0);
  });

  it('end the runner with code 0 when it is no longer known, and make a new session when only that is lost', async () => {
    runner = startRunner(server.jitConfig());
    await server.until('the runner polls', () => server.callsTo('/broker/message').length === 1);
    server.pollError = 'RunnerSessionInvalid';
    server.send('ForceTokenRefresh', {});
    await server.until('a new session', () => server.callsTo('/broker/session').length >= 2);
    server.pollError = 'RunnerNotFound';
    expect(await runner.exited).toBe(0);
    expect(runner.output()).toContain('no longer knows this runner');
  });
});

describe('bad usage', () => {
  const runCli = (...args: string[]): { status: number; text: string } => {
    try {
      return {
        status: 0,
        text: execFileSync(process.execPath, [join(packageRoot, 'bin/switchyard.mjs'), 'runner', ...args], {
          stdio: 'pipe',
        }).toString(),
      };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: Buffer };
      return { status, text: stderr.toString() };
    }
  };

  it('exits 2 with one sentence for a garbage JIT config', () => {
    const { status, text } = runCli('--jitconfig', 'garbage!');
    expect(status).toBe(2);
    expect(text).toMatch(/^The JIT config cannot be used: it is not base64\..*\n$/);
  });

  it('exits 2 without a JIT config and for an unknown option', () => {
    expect(runCli()).toMatchObject({ status: 2, text: expect.stringContaining('no JIT config') });
    expect(runCli('--nope')).toMatchObject({ status: 2, text: expect.stringContaining('--nope') });
  });

  it('shows help with examples', () => {
    expect(runCli('--help')).toMatchObject({ status: 0, text: expect.stringContaining('Examples:') });
  });
});
