import { Agent, request } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  ARTIFACT_SERVICE_PATH,
  CACHE_SERVICE_PATH,
  CACHE_V1_PATH,
  CacheDownloadRequest,
  CommitCacheRequest,
  CreateArtifactRequest,
  CreateCacheEntryRequest,
  FinalizeArtifactRequest,
  FinalizeCacheEntryRequest,
  ListArtifactsRequest,
  NamedArtifactRequest,
  ReserveCacheRequest,
} from '../../src/protocol/artifacts/index.ts';
import { ActionDownloadsRequest } from '../../src/protocol/runner/action-downloads.ts';
import { AcknowledgeRequest, SessionRequest } from '../../src/protocol/runner/broker.ts';
import { RECEIVER_PATH, STEPS_UPDATE_PATH } from '../../src/protocol/runner/constants.ts';
import {
  JobLogMetadata,
  JobRequest,
  StepLogMetadata,
  StepRequest,
  StepSummaryMetadata,
  StepsUpdateRequest,
} from '../../src/protocol/runner/results.ts';
import { AcquireJobRequest, CompleteJobRequest, RenewJobRequest } from '../../src/protocol/runner/run-service.ts';
import { bodiesOf } from '../support/bodies-from-schema.ts';
import { TestServer } from '../support/server.ts';
import { connectionOf, type SimulatedRunner } from '../support/simulated-runner.ts';

/** For all endpoints together, in CI time. */
const CASES = 10_000;
const AT_ONCE = 16;

interface Endpoint {
  path: string;
  shape: z.ZodType;
  method?: string;
  /** Whose token goes with it. */
  as: 'runner' | 'job' | 'idle';
}

const job = (path: string, shape: z.ZodType, method?: string): Endpoint => ({ path, shape, method, as: 'job' });
const runner = (path: string, shape: z.ZodType): Endpoint => ({ path, shape, as: 'runner' });

const ENDPOINTS: Endpoint[] = [
  // A new session ends what its runner does, so it is another's.
  { path: '/broker/session', shape: SessionRequest, as: 'idle' },
  runner('/broker/acknowledge?sessionId=SESSION&status=Online', AcknowledgeRequest),
  runner('/run/acquirejob', AcquireJobRequest),
  job('/run/renewjob', RenewJobRequest),
  job(STEPS_UPDATE_PATH, StepsUpdateRequest),
  ...['GetStepLogsSignedBlobURL', 'GetStepSummarySignedBlobURL'].map((name) =>
    job(`${RECEIVER_PATH}/${name}`, StepRequest),
  ),
  ...['GetJobLogsSignedBlobURL', 'GetJobDiagLogsSignedBlobURL'].map((name) =>
    job(`${RECEIVER_PATH}/${name}`, JobRequest),
  ),
  job(`${RECEIVER_PATH}/CreateStepLogsMetadata`, StepLogMetadata),
  job(`${RECEIVER_PATH}/CreateJobLogsMetadata`, JobLogMetadata),
  job(`${RECEIVER_PATH}/CreateStepSummaryMetadata`, StepSummaryMetadata),
  job('/actions/build/PLAN/jobs/JOB/runnerresolve/actions', ActionDownloadsRequest),
  job(`${ARTIFACT_SERVICE_PATH}/CreateArtifact`, CreateArtifactRequest),
  job(`${ARTIFACT_SERVICE_PATH}/FinalizeArtifact`, FinalizeArtifactRequest),
  job(`${ARTIFACT_SERVICE_PATH}/ListArtifacts`, ListArtifactsRequest),
  job(`${ARTIFACT_SERVICE_PATH}/GetSignedArtifactURL`, NamedArtifactRequest),
  job(`${ARTIFACT_SERVICE_PATH}/DeleteArtifact`, NamedArtifactRequest),
  job(`${CACHE_SERVICE_PATH}/CreateCacheEntry`, CreateCacheEntryRequest),
  job(`${CACHE_SERVICE_PATH}/FinalizeCacheEntryUpload`, FinalizeCacheEntryRequest),
  job(`${CACHE_SERVICE_PATH}/GetCacheEntryDownloadURL`, CacheDownloadRequest),
  job(`${CACHE_V1_PATH}/caches`, ReserveCacheRequest),
  job(`${CACHE_V1_PATH}/caches/1`, CommitCacheRequest),
  // Last: it may end the job.
  job('/run/completejob', CompleteJobRequest),
];

let server: TestServer;
let simulated: SimulatedRunner;
let tokens: Record<Endpoint['as'], string>;
let known: Record<string, unknown[]>;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

beforeAll(async () => {
  server = await TestServer.start();
  simulated = await server.runner('box');
  await server.pushWorkflow(`on: push\njobs: { build: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`);
  const { body: message } = await simulated.acquire(await simulated.waitForJob());
  const idle = await server.runner('idle', ['other']);
  tokens = { runner: simulated.token, job: connectionOf(message).token, idle: idle.token };
  const [plan, jobId] = [message.plan.planId, message.jobId];
  known = {
    planId: [plan],
    jobId: [jobId],
    workflow_run_backend_id: [plan],
    workflow_job_run_backend_id: [jobId],
    name: ['one', '../one', 'a/b'],
    key: ['one', 'one-two', ','],
    version: ['1'],
    conclusion: ['no such'],
  };
});

afterAll(async () => {
  agent.destroy();
  await server.close();
});

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | string;
}

function send({ method, path, headers, body }: Sent): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(server.url + path, { method, headers, agent }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Sends samples, several at once. @returns those that the server itself failed at */
async function failures(samples: Sent[], isGood: (answer: { status: number; type: string; text: string }) => boolean) {
  const found: string[] = [];
  const waiting = samples.entries();
  const worker = async (): Promise<void> => {
    for (const [, sample] of waiting) {
      const answer = await send(sample);
      if (!isGood(answer))
        found.push(`${sample.method} ${sample.path} ${sample.body} -> ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const samplesOf = <T>(values: Arbitrary<T>, count: number): T[] => fc.sample(values, { numRuns: count });

describe('whatever body comes', () => {
  it.each(ENDPOINTS)('$path answers in its own words, and never fails itself', async ({ path, shape, method, as }) => {
    const target = path.replace('PLAN', String(known.planId?.[0])).replace('JOB', String(known.jobId?.[0]));
    const samples = samplesOf(bodiesOf(shape, known), Math.ceil(CASES / (ENDPOINTS.length + 2))).map((body): Sent => {
      const headers = { authorization: `Bearer ${tokens[as]}`, 'content-type': 'application/json' };
      return { method: method ?? 'POST', path: target, headers, body: JSON.stringify(body) ?? '' };
    });
    const isGood = ({ status, text }: { status: number; text: string }): boolean =>
      status < 500 && (text === '' || isJson(text));
    expect(await failures(samples, isGood)).toEqual([]);
    expect((await send({ method: 'GET', path: '/api/v3/meta', headers: {}, body: '' })).status).toBe(200);
  });

  it('that is no JSON, or not whole, is refused as such', async () => {
    const texts = samplesOf(
      fc.oneof(fc.string(), fc.constantFrom('{', '[1,', '{"a":', '\u0000', '['.repeat(50_000), '{"a":1}{"b":2}')),
      CASES / ENDPOINTS.length,
    );
    const samples = texts.flatMap((body, index): Sent => {
      const { path, as } = ENDPOINTS[index % ENDPOINTS.length] ?? { path: '/run/renewjob', as: 'job' };
      const headers = { authorization: `Bearer ${tokens[as]}`, 'content-type': 'application/json' };
      return { method: 'POST', path, headers, body };
    });
    expect(await failures(samples, ({ status }) => status >= 400 && status < 500)).toEqual([]);
  });
});

describe('whatever a client of blobs sends', () => {
  it('it is refused, unless its URL is signed for just that', async () => {
    const word = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('../keys', '%2e%2e', 'logs', '\\', '/'));
    // A name that is `..` altogether leads out of the path before the server sees it.
    const isInside = (words: string[]): boolean => !words.some((one) => /^\.{1,2}$/.test(one));
    const blob = fc.record({
      method: fc.constantFrom('PUT', 'GET', 'HEAD'),
      name: fc
        .array(word, { minLength: 1, maxLength: 4 })
        .filter(isInside)
        .map((words) => words.map(encodeURIComponent).join('/')),
      query: fc.dictionary(fc.constantFrom('se', 'sp', 'sig', 'comp', 'blockid', 'sv'), word, { maxKeys: 6 }),
      headers: fc.dictionary(
        fc.constantFrom(
          'range',
          'x-ms-range',
          'content-md5',
          'x-ms-blob-condition-appendpos',
          'if-match',
          'x-ms-blob-type',
        ),
        fc.stringMatching(/^[\x20-\x7e]{0,30}$/),
        { maxKeys: 4 },
      ),
    });
    const samples = samplesOf(blob, CASES / ENDPOINTS.length).map(({ method, name, query, headers }): Sent => {
      return {
        method,
        path: `/blobs/${name}?${new URLSearchParams(query)}`,
        headers,
        body: method === 'PUT' ? 'x' : '',
      };
    });
    expect(await failures(samples, ({ status }) => status >= 400 && status < 500)).toEqual([]);
  });
});
