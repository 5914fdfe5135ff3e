import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { STEPS_UPDATE_PATH } from '../src/protocol/runner/constants.ts';
import { Installation } from './installation.ts';
import type { Row } from './rows.ts';
import { type RunningJob, startJob } from './running-job.ts';
import { cpuMs } from './usage.ts';

const REPOSITORY = 'bench/reads';
const RUNS = 10;
const STEPS = 8;
const ARTIFACTS = 2;
const CONNECTIONS = 8;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 8_000;

/**
 * Reads of REST as a client makes them that follows a run, over connections that stay open: in turns the user, the
 * repository, a list of its runs, a run, its jobs, one of them, its artifacts, and the run again with the ETag of before.
 */
export async function benchRestReads(): Promise<Row> {
  const installation = await Installation.start();
  try {
    const reads = await somethingToRead(installation);
    await readFor(installation, reads, WARM_UP_MS);
    const cpuBefore = await cpuMs(installation.serverPid);
    const startedAt = performance.now();
    const samples = await readFor(installation, reads, MEASURED_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = (await cpuMs(installation.serverPid)) - cpuBefore;
    return {
      name: `REST reads, ${CONNECTIONS} connections (server: ${((cpu * 1000) / samples).toFixed(0)} µs CPU each)`,
      unit: '/s',
      samples,
      p50: samples / seconds,
      p99: null,
      budget: { p50: 2_000, isAtLeast: true },
    };
  } finally {
    await installation.close();
  }
}

interface Read {
  path: string;
  /** As it was answered before: then nothing but 304 is expected. */
  etag?: string;
}

async function somethingToRead(installation: Installation): Promise<Read[]> {
  await fill(await startJob(installation, REPOSITORY));
  const repository = `/api/v3/repos/${REPOSITORY}`;
  const [run] = await idsOf(installation, 'workflow_runs', `${repository}/actions/runs`);
  for (let count = 1; count < RUNS; count++) await installation.dispatch(REPOSITORY, 'a.yml');
  const path = `${repository}/actions/runs/${run}`;
  const [job] = await idsOf(installation, 'jobs', `${path}/jobs`);
  const paths = ['/api/v3/user', repository, `${repository}/actions/runs`, path, `${path}/jobs`];
  paths.push(`${repository}/actions/jobs/${job}`, `${path}/artifacts`);
  const etag = await read(installation, undefined, { path });
  return [...paths.map((one) => ({ path: one })), { path, etag }];
}

async function idsOf(installation: Installation, list: string, path: string): Promise<number[]> {
  const body = await installation.rest<Record<string, { id: number }[]>>('GET', path);
  return body[list]?.map(({ id }) => id) ?? [];
}

/** Gives the job steps and artifacts, as its runner does. */
async function fill({ ask, askArtifacts }: RunningJob): Promise<void> {
  const steps = Array.from({ length: STEPS }, (_, index) => ({
    ...{ external_id: randomUUID(), number: index + 1, name: `Step ${index + 1}`, status: 6, conclusion: 2 },
    ...{ started_at: new Date().toISOString(), completed_at: new Date().toISOString() },
  }));
  await ask(STEPS_UPDATE_PATH, { steps, change_order: 1 });
  for (let index = 0; index < ARTIFACTS; index++) {
    const name = `artifact-${index}`;
    const { signed_upload_url: url } = await askArtifacts('CreateArtifact', { name, version: 4 });
    const headers = { 'x-ms-blob-type': 'BlockBlob' };
    const { status } = await fetch(String(url), { method: 'PUT', headers, body: name });
    if (status !== 201) throw new Error(`the upload was answered with ${status}`);
    await askArtifacts('FinalizeArtifact', { name, size: String(name.length) });
  }
}

/** @returns how many were answered */
async function readFor(installation: Installation, reads: Read[], durationMs: number): Promise<number> {
  const until = performance.now() + durationMs;
  const counts = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let count = 0;
      for (; performance.now() < until; count++) {
        await read(installation, agent, reads[(connection + count) % reads.length] ?? { path: '/' });
      }
      agent.destroy();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @returns the answer's ETag */
function read({ url, token }: Installation, agent: Agent | undefined, { path, etag }: Read): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(etag && { 'if-none-match': etag }) };
    const outgoing = request(`${url}${path}`, { agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === (etag ? 304 : 200)) resolve(response.headers.etag ?? '');
        else reject(new Error(`GET ${path}: ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject).end();
  });
}
