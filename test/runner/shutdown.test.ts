import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobMessage, StandInServer } from '../support/stand-in-server.ts';
import { poll, processesWith, type RunnerProcess, startRunner } from './runner-process.ts';

/** What a signalled listener may take to end while nobody answers it. */
const AT_ONCE_MS = 3_000;

let server: StandInServer;
let runner: RunnerProcess;

beforeEach(async () => {
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  await server.stop();
  expect(server.violations).toEqual([]);
});

/** The exit code after one signal, and how long the end took. */
async function endAfter(signal: NodeJS.Signals): Promise<{ code: number | string; tookMs: number }> {
  const since = Date.now();
  runner.child.kill(signal);
  return { code: await runner.exited, tookMs: Date.now() - since };
}

async function expectEndAtOnce(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const { code, tookMs } = await endAfter(signal);
  expect(code, runner.output()).toBe(0);
  expect(tookMs).toBeLessThan(AT_ONCE_MS);
}

const untilPolling = (): Promise<void> =>
  server.until('the runner polls', () => server.callsTo('/broker/message').length > 0);

describe('one signal ends an idle runner', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`whose server is gone: ${signal}`, async () => {
      runner = startRunner(server.jitConfig());
      await untilPolling();
      await server.stop();
      await poll('the listener has noticed', () => runner.output().includes('does not answer'));
      await expectEndAtOnce(signal);
    });
  }

  it('whose server hangs while it polls', async () => {
    runner = startRunner(server.jitConfig());
    await untilPolling();
    server.isSilent = true;
    await expectEndAtOnce();
  });

  it('whose server hangs while its token has run out', async () => {
    server.tokenLifeSeconds = 0;
    runner = startRunner(server.jitConfig());
    await untilPolling();
    server.isSilent = true;
    await expectEndAtOnce();
  });

  it('whose server was never there', async () => {
    const config = server.jitConfig();
    await server.stop();
    runner = startRunner(config);
    await poll('the listener tries again', () => runner.output().includes('connect error'));
    await expectEndAtOnce();
  });

  it('whose server hangs from the start', async () => {
    server.isSilent = true;
    runner = startRunner(server.jitConfig());
    await server.until('it asks for a token', () => server.callsTo('/oauth/token').length > 0);
    await expectEndAtOnce();
  });
});

describe('a runner that ends with its standard input', () => {
  it('ends in order when idle, and exits 0', async () => {
    runner = startRunner(server.jitConfig(), { endWithStdin: true });
    await untilPolling();
    runner.child.stdin?.end();
    expect(await runner.exited).toBe(0);
    expect(server.sessionDeleted).toBe(true);
  });

  it('stops its job within seconds, also when the server is gone with the program that held the input', async () => {
    runner = startRunner(server.jitConfig(), { endWithStdin: true });
    const script = `trap '' INT TERM; while true; do sleep 4242.77 || true; done`;
    server.offer(jobMessage(server, { steps: [{ run: script }] }));
    await poll('the step runs', () => processesWith('4242.77').length > 0);
    await server.stop();
    const since = Date.now();
    runner.child.stdin?.end();
    expect(await runner.exited).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(processesWith('4242.77')).toEqual([]);
  });

  it('still ends on a signal while the input stays open', async () => {
    runner = startRunner(server.jitConfig(), { endWithStdin: true });
    await untilPolling();
    await expectEndAtOnce();
    expect(server.sessionDeleted).toBe(true);
  });

  it('ends with 2 and a sentence for a garbage JIT config while the input stays open', async () => {
    runner = startRunner('garbage!', { endWithStdin: true });
    expect(await runner.exited).toBe(2);
    expect(runner.output()).toContain('The JIT config cannot be used');
  });
});
