import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary, ScheduleList } from '../../src/protocol/dashboard/index.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { WorkingCopy } from '../support/working-copy.ts';

const { servers, start } = serversPerTest();

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CI = '.github/workflows/ci.yml';

/** A Thursday. */
const midnight = (): ManualClock => new ManualClock(Date.parse('2026-01-01T00:00:00Z'));

const scheduled = (...entries: string[]): string =>
  `on: { schedule: [${entries.join(', ')}] }\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }\n`;

const cron = (text: string, timezone?: string): string =>
  `{ cron: '${text}'${timezone === undefined ? '' : `, timezone: '${timezone}'`} }`;

async function schedules(server: TestServer): Promise<ScheduleList['schedules']> {
  return (await server.rest<ScheduleList>('GET', '/switchyard/v1/schedules?repository=me/app')).schedules;
}

/** Oldest first, once there are `count`. */
async function runsOnceThere(server: TestServer, count: number): Promise<RunSummary[]> {
  const runs = await waitFor(`${count} runs`, async () => {
    const all = await server.runs();
    return all.length >= count && all;
  });
  expect(runs).toHaveLength(count);
  return runs.reverse();
}

/** Waits until the server has put its timer again: then the time may go on. */
async function armed(server: TestServer, at: string): Promise<void> {
  await waitFor(`a schedule at ${at}`, async () => (await schedules(server)).every(({ nextAt }) => nextAt >= at));
}

/** What no route shows or changes. */
async function inStore<T>(server: TestServer, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase(join(server.folder, 'data/switchyard.db'));
  return work(db).finally(() => db.destroy());
}

describe('schedules', () => {
  it('SEM-4.5: run at the tip of the default branch when they fall due, and know which entry it was', async () => {
    const clock = midnight();
    const server = await start({ clock });
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [CI]: scheduled(cron('30 * * * *')) });
    await copy.push('main');
    expect(await schedules(server)).toEqual([
      {
        ...{ repository: 'me/app', path: CI, cron: '30 * * * *', timezone: null, actor: 'admin' },
        nextAt: '2026-01-01T00:30:00.000Z',
      },
    ]);
    const sha = await copy.commit({ a: '1' });
    await copy.push('main');
    clock.advance(30 * MINUTE_MS - 1);
    expect(await server.runs()).toEqual([]);
    clock.advance(1);
    const [run] = await runsOnceThere(server, 1);
    expect(run).toMatchObject({ event: 'schedule', ref: 'refs/heads/main', sha, actor: 'admin', title: CI });
    const { payload } = await inStore(server, (db) =>
      db.selectFrom('runs').select('payload').executeTakeFirstOrThrow(),
    );
    const event = { schedule: '30 * * * *', workflow: CI, repository: { full_name: 'me/app' } };
    expect(JSON.parse(payload)).toMatchObject(event);
    await armed(server, '2026-01-01T01:30');
    clock.advance(HOUR_MS);
    await runsOnceThere(server, 2);
  });

  it('SEM-4.3: follow the clock of their time zone', async () => {
    const server = await start({ clock: midnight() });
    await server.pushWorkflow(scheduled(cron('0 9 * * *', 'Europe/Berlin'), cron('0 9 * * *')));
    expect((await schedules(server)).map(({ timezone, nextAt }) => [timezone, nextAt])).toEqual([
      ['Europe/Berlin', '2026-01-01T08:00:00.000Z'],
      [null, '2026-01-01T09:00:00.000Z'],
    ]);
  });

  it('SEM-4.4: run every five minutes at the most', async () => {
    const clock = midnight();
    const server = await start({ clock });
    await server.pushWorkflow(scheduled(cron('* * * * *')));
    for (const minute of ['05', '10']) {
      expect((await schedules(server))[0]?.nextAt).toBe(`2026-01-01T00:${minute}:00.000Z`);
      clock.advance(5 * MINUTE_MS);
      await armed(server, `2026-01-01T00:${minute}:01`);
    }
    await runsOnceThere(server, 2);
  });

  it('SEM-4.5: run twice when two entries fall due in one minute', async () => {
    const clock = midnight();
    const server = await start({ clock });
    await server.pushWorkflow(scheduled(cron('0 6 * * *'), cron('0 6 * * 4'), cron('0 7 * * *', 'Europe/Berlin')));
    clock.advance(6 * HOUR_MS);
    const runs = await runsOnceThere(server, 3);
    expect(runs.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it('SEM-4.5: make up for an outage with one run an entry, and go on from there', async () => {
    const clock = midnight();
    const first = await start({ clock });
    await first.pushWorkflow(scheduled(cron('0 * * * *'), cron('0 12 * * *')));
    await first.stop();
    clock.advance(5 * HOUR_MS + 7 * MINUTE_MS);
    const second = await TestServer.start({ clock, dataFolder: first.folder });
    servers.splice(0, 1, second);
    const [run] = await runsOnceThere(second, 1);
    expect(run?.createdAt).toBe('2026-01-01T05:07:00.000Z');
    await armed(second, '2026-01-01T06:00:00');
    expect((await schedules(second)).map(({ nextAt }) => nextAt)).toEqual([
      '2026-01-01T06:00:00.000Z',
      '2026-01-01T12:00:00.000Z',
    ]);
    clock.advance(53 * MINUTE_MS);
    await runsOnceThere(second, 2);
  });

  it('run once only, also when the server stops before it notes when they fall due next', async () => {
    const clock = midnight();
    const first = await start({ clock });
    await first.pushWorkflow(scheduled(cron('0 * * * *')));
    clock.advance(HOUR_MS);
    await runsOnceThere(first, 1);
    await armed(first, '2026-01-01T02:00:00');
    await first.stop();
    await inStore(first, (db) => db.updateTable('schedules').set({ next_at: '2026-01-01T01:00:00.000Z' }).execute());
    const second = await TestServer.start({ clock, dataFolder: first.folder });
    servers.splice(0, 1, second);
    await armed(second, '2026-01-01T02:00:00');
    await runsOnceThere(second, 1);
  });

  it('SEM-4.5, 4.6: are those of the default branch, whose actor is who changed their text last', async () => {
    const clock = midnight();
    const server = await start({ clock });
    const copy = await WorkingCopy.create(server);
    await copy.commit({ [CI]: scheduled(cron('0 1 * * *'), cron('0 2 * * *')) });
    await copy.push('main');
    await copy.branch('topic');
    await copy.commit({ [CI]: scheduled(cron('0 3 * * *')) });
    await copy.push('topic');
    const crons = async (): Promise<string[]> =>
      (await schedules(server)).map((entry) => `${entry.cron} ${entry.actor}`);
    expect(await crons()).toEqual(['0 1 * * * admin', '0 2 * * * admin']);
    await inStore(server, (db) => db.updateTable('schedules').set({ actor: 'ada' }).execute());
    await copy.commit({ [CI]: scheduled(cron('0 2 * * *'), cron('0 4 * * *')) });
    await copy.push('-o', 'ci.skip', '-f', 'topic:main');
    expect(await crons()).toEqual(['0 2 * * * ada', '0 4 * * * admin']);
    await copy.commit({ [CI]: '- no mapping\n' });
    await copy.push('topic:main');
    expect(await crons()).toEqual(['0 2 * * * ada', '0 4 * * * admin']);
    await copy.commit({ [CI]: 'on: push\njobs: {}\n' });
    await copy.push('topic:main');
    expect(await crons()).toEqual([]);
  });

  it('change with a merged pull request too', async () => {
    const server = await start({ clock: midnight() });
    const copy = await WorkingCopy.create(server);
    await copy.commit({ a: '1' });
    await copy.branch('topic');
    await copy.commit({ [CI]: scheduled(cron('0 3 * * *')) });
    await copy.push('main', 'topic');
    expect(await schedules(server)).toEqual([]);
    await server.rest('POST', '/api/v3/repos/me/app/pulls', { title: 'x', head: 'topic', base: 'main' });
    await server.rest('PUT', '/api/v3/repos/me/app/pulls/1/merge', {});
    expect(await schedules(server)).toMatchObject([{ cron: '0 3 * * *' }]);
  });

  it('SEM-4.1: that cannot be read are not scheduled, and keep no other from it', async () => {
    const server = await start({ clock: midnight() });
    await server.push({
      [CI]: scheduled(cron('61 * * * *'), cron('0 5 30 2 *'), cron('0 1 * * *', 'Nowhere/Land')),
      '.github/workflows/good.yml': scheduled(cron('0 5 * * *')),
    });
    expect((await schedules(server)).map(({ path }) => path)).toEqual(['.github/workflows/good.yml']);
  });
});
