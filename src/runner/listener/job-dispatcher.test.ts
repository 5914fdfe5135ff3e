import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../common/clock.ts';
import type { JobRequestBody } from '../../protocol/runner/broker.ts';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import { HttpClient } from '../http.ts';
import type { ToWorker } from '../job-channel.ts';
import type { WorkerProcess } from '../process.ts';
import { JobRun } from './job-dispatcher.ts';
import type { BrokerSession } from './session.ts';

/** A worker that takes its job and never ends by itself. */
class StubbornWorker implements WorkerProcess {
  readonly pid = undefined;
  readonly exited: WorkerProcess['exited'];
  readonly group = Promise.resolve(undefined);
  readonly cleaned: Promise<number[]>;
  readonly messages: ToWorker['type'][] = [];
  readonly started: Promise<void>;
  #start = (): void => undefined;
  #exit = (): void => undefined;

  constructor() {
    this.started = new Promise((resolve) => (this.#start = resolve));
    this.exited = new Promise((resolve) => (this.#exit = () => resolve({ code: null, signal: 'SIGKILL', output: '' })));
    this.cleaned = this.exited.then(() => []);
  }

  send({ type }: ToWorker): void {
    this.messages.push(type);
    if (type === 'start') this.#start();
  }

  kill(): void {
    this.#exit();
  }
}

describe('a job whose runner is shut down', () => {
  let server: Server;
  let url: string;
  let http: HttpClient;
  let worker: StubbornWorker;
  /** What the server is asked; `answers` says what it answers to. */
  let asked: string[];
  let answers: Set<string>;
  beforeEach(async () => {
    asked = [];
    answers = new Set(['/acquirejob', '/renewjob', '/completejob']);
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (!answers.has(request.url ?? '')) return;
      const body = request.url === '/acquirejob' ? job() : { lockedUntil: new Date(Date.now() + 60_000) };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    http = new HttpClient('test');
    worker = new StubbornWorker();
  });
  afterEach(async () => {
    http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const job = (): Partial<JobMessage> => ({
    messageType: 'RunnerJobRequest',
    plan: { scopeIdentifier: '', planType: 'actions', version: 9, planId: 'plan', planGroup: '' },
    jobId: 'job',
    jobDisplayName: 'build',
    resources: {
      endpoints: [
        {
          id: '',
          name: 'SystemVssConnection',
          url,
          authorization: { scheme: 'OAuth', parameters: { AccessToken: 'token' } },
          data: {},
        },
      ],
      repositories: [],
      containers: [],
    },
    variables: {},
  });

  function run(): JobRun {
    const session: Partial<BrokerSession> = { authorized: (method, to, request) => http.request(method, to, request) };
    const request: Partial<JobRequestBody> = { runner_request_id: 'request', run_service_url: url };
    return new JobRun(request as JobRequestBody, {
      session: session as BrokerSession,
      http,
      clock: systemClock,
      diagnostics: { note: () => undefined, say: () => undefined },
      runner: {
        name: 'box',
        id: '1',
        instance: 'i',
        externals: '/externals',
        pid: 1,
        groupName: 'Default',
        version: '1',
        root: '/',
        workFolder: '/',
      },
      grace: { sigintMs: 0, sigtermMs: 0 },
      takeWorker: () => worker,
      notes: [],
      isEphemeral: true,
    });
  }

  async function expectEndInTime(running: JobRun): Promise<void> {
    const since = Date.now();
    running.shutdown(300);
    expect(await running.ended).toEqual({ outcome: 'ran', result: 'failed' });
    expect(Date.now() - since).toBeLessThan(3_000);
  }

  it('is told to end, and reported when its worker dies of it (SEM-28.8)', async () => {
    const running = run();
    await worker.started;
    running.shutdown(60_000);
    worker.kill();
    expect(await running.ended).toEqual({ outcome: 'ran', result: 'failed' });
    expect(worker.messages).toEqual(['job', 'start', 'shutdown']);
    expect(asked).toContain('/completejob');
  });

  it('is over in time when the worker does not end and the server hangs', async () => {
    const running = run();
    await worker.started;
    answers.clear();
    await expectEndInTime(running);
  });

  it('is over in time when the worker does not end and the server is gone', async () => {
    const running = run();
    await worker.started;
    server.closeAllConnections();
    server.close();
    await expectEndInTime(running);
  });

  it('is over in time while the end of a dead worker is reported to a server that is gone', async () => {
    const running = run();
    await worker.started;
    server.closeAllConnections();
    server.close();
    worker.kill();
    await expectEndInTime(running);
  });

  it('and that the server has not given out yet, is dropped at once', async () => {
    answers.clear();
    const running = run();
    await expect.poll(() => asked).toContain('/acquirejob');
    running.shutdown(60_000);
    expect(await running.ended).toEqual({ outcome: 'not-started' });
  });
});
