import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type CommandResult, runCommandAt } from '../support/command-line.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { nextJob, type ServiceClient } from '../support/services.ts';

const { start } = serversPerTest();
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function switchyard(server: TestServer, ...args: string[]): Promise<CommandResult> {
  const result = await runCommandAt(server, ...args);
  return { ...result, out: result.out.trimEnd() };
}

async function withJob(): Promise<{ server: TestServer; job: ServiceClient; run: string }> {
  const server = await start();
  await server.pushWorkflow("on: push\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n");
  const job = await nextJob(server);
  const [run] = await server.runs();
  return { server, job, run: String(run?.id) };
}

it('switchyard artifacts lists those of a run, downloads one whole and deletes it', async () => {
  const { server, job, run } = await withJob();
  const id = await job.upload('site', 'content');
  const { out } = await switchyard(server, 'artifacts', run);
  const [heading, row] = out.split('\n');
  expect(heading).toMatch(/^ID +NAME +SIZE +ATTEMPT +AGE +EXPIRES IN$/);
  expect(row).toMatch(new RegExp(`^${id} +site +7 B +1 +\\d+s +(89|90)d$`));
  const json = await switchyard(server, 'artifacts', run, '--json');
  expect(JSON.parse(json.out)).toMatchObject({ id, name: 'site', sizeBytes: 7, expired: false });

  const folder = await mkdtemp(join(tmpdir(), 'switchyard-artifacts-'));
  folders.push(folder);
  const file = join(folder, 'out.zip');
  expect((await switchyard(server, 'artifacts', run, 'site', '-o', file)).out).toBe(`${file} (7 B)`);
  expect(await readFile(file, 'utf8')).toBe('content');
  expect(await readdir(folder)).toEqual(['out.zip']);

  expect(await switchyard(server, 'artifacts', run, String(id), '--delete')).toEqual({
    code: 0,
    out: 'Deleted site.',
    err: '',
  });
  const gone = await switchyard(server, 'artifacts', run, 'site');
  expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('The run has no artifact "site".')]);
  expect((await switchyard(server, 'artifacts', run, '--delete')).code).toBe(2);
});

it('switchyard caches lists those of a repository and deletes by key', async () => {
  const { server, job } = await withJob();
  for (const key of ['npm-1', 'npm-2', 'pip']) await job.save(key, key);
  const { out } = await switchyard(server, 'caches', 'me/app', '-k', 'npm');
  const [heading, ...rows] = out.split('\n');
  expect(heading).toMatch(/^ID +KEY +REF +SIZE +AGE +USED$/);
  expect(rows).toHaveLength(2);
  expect(rows.join('\n')).toMatch(/^\d+ +npm-\d +main +5 B +\d+s +\d+s$/m);
  expect((await switchyard(server, 'caches', 'me/app', '--delete', 'pip')).out).toBe('Deleted pip of refs/heads/main.');
  const keys = (await switchyard(server, 'caches', 'me/app', '--json')).out
    .split('\n')
    .map((line) => JSON.parse(line).key);
  expect(keys.sort()).toEqual(['npm-1', 'npm-2']);
  expect((await switchyard(server, 'caches', 'me/app', '--delete', 'pip')).code).toBe(1);
  expect((await switchyard(server, 'caches', 'app')).code).toBe(2);
});
