import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { Installation } from './installation.ts';
import type { Row } from './rows.ts';

const CONNECTIONS = 8;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 8_000;
/** A tick of /proc/PID/stat on Linux. */
const MS_PER_TICK = 10;

/** Reads of REST as clients make them: a run, a job and a repository in turns, over connections that stay open. */
export async function benchRestReads(): Promise<Row> {
  const installation = await Installation.start();
  try {
    const paths = await somethingToRead(installation);
    await readFor(installation, paths, WARM_UP_MS);
    const cpuBefore = await cpuMs(installation.serverPid);
    const startedAt = performance.now();
    const samples = await readFor(installation, paths, MEASURED_MS);
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

/** @returns paths of a run, a job and a repository */
async function somethingToRead(installation: Installation): Promise<string[]> {
  const workflow = "on: workflow_dispatch\njobs: { a: { runs-on: nowhere, steps: [{ run: 'true' }] } }\n";
  await installation.push('bench/reads', { '.github/workflows/a.yml': workflow });
  await installation.dispatch('bench/reads', 'a.yml');
  const repository = '/api/v3/repos/bench/reads';
  const runs = await installation.rest<{ workflow_runs: { id: number }[] }>('GET', `${repository}/actions/runs`);
  const run = `${repository}/actions/runs/${runs.workflow_runs[0]?.id}`;
  const { jobs } = await installation.rest<{ jobs: { id: number }[] }>('GET', `${run}/jobs`);
  return [run, `${repository}/actions/jobs/${jobs[0]?.id}`, repository];
}

/** @returns how many were answered */
async function readFor(installation: Installation, paths: string[], durationMs: number): Promise<number> {
  const until = performance.now() + durationMs;
  const counts = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let count = 0;
      for (; performance.now() < until; count++) await read(installation, agent, paths[count % paths.length] ?? '');
      agent.destroy();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function read({ url, token }: Installation, agent: Agent, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(`${url}${path}`, { agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`GET ${path}: ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject).end();
  });
}

/** What a process has used of all processors, in its own code and the kernel's. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
