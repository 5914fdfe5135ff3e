import { describe, expect, it } from 'vitest';
import { runCommandAt } from '../support/command-line.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';

const { start } = serversPerTest();

/** Runs a command against the server. @returns what it printed, line by line */
async function switchyard(server: TestServer, ...args: string[]): Promise<string[]> {
  const { code, out, err } = await runCommandAt(server, ...args);
  expect([code, err]).toEqual([0, '']);
  return out.trimEnd().split('\n');
}

const on = (triggers: string): string =>
  `on: ${triggers}\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;

async function withPush(): Promise<TestServer> {
  const server = await start();
  await server.push({
    '.github/workflows/ci.yml': `name: CI\n${on('push')}`,
    '.github/workflows/deploy.yml': on('{ push: { branches: [release] } }'),
    '.github/workflows/night.yml': on("{ schedule: [{ cron: '0 4 * * *', timezone: Europe/Berlin }] }"),
  });
  return server;
}

describe('switchyard events', () => {
  it('lists what came in, newest first, with how much each started', async () => {
    const server = await withPush();
    const [heading, create, push] = await switchyard(server, 'events');
    expect(heading).toMatch(/^ID +REPOSITORY +EVENT +REF +ACTOR +STARTED +NOT STARTED +AGE$/);
    expect(create).toMatch(/^2 +me\/app +create +main +admin +0 +3 +\d+s$/);
    expect(push).toMatch(/^1 +me\/app +push +main +admin +1 +2 +\d+s$/);
    expect(await switchyard(server, 'events', '-R', 'me/other')).toHaveLength(1);
    const [json] = await switchyard(server, 'events', '-L', '1', '--json');
    expect(JSON.parse(json ?? '')).toMatchObject({ id: 2, name: 'create', runs: [] });
  });
});

describe('switchyard explain event/ID', () => {
  it('says what the event started, and of each other file which filter said no', async () => {
    const server = await withPush();
    const lines = await switchyard(server, 'explain', 'event/1');
    expect(lines[0]).toMatch(/^event 1 push: me\/app, refs\/heads\/main at [0-9a-f]{7}, by admin$/);
    expect(lines.slice(2)).toEqual([
      '· CI #1 started, run 1: queued',
      '- .github/workflows/deploy.yml was not started (branches): main is not in branches: release.',
      '- .github/workflows/night.yml was not started (event): It does not run on push, only on schedule.',
    ]);
    expect(JSON.parse((await switchyard(server, 'explain', 'event/1', '--json'))[0] ?? '')).toMatchObject({ id: 1 });
  });
});

describe('switchyard schedules', () => {
  it('lists when each falls due next', async () => {
    const server = await withPush();
    const [heading, line] = await switchyard(server, 'schedules');
    expect(heading).toMatch(/^REPOSITORY +FILE +CRON +TIME ZONE +NEXT +ACTOR$/);
    expect(line).toMatch(/^me\/app +\S+night\.yml +0 4 \* \* \* +Europe\/Berlin +\d{4}-\S+T0[23]:00:00.000Z +admin$/);
  });
});
