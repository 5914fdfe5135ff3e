import { beforeEach, describe, expect, test } from 'vitest';
import { sampleEvent, sampleJob, sampleRun } from '../../../test/web/samples.ts';
import type { Job, RunDetail, RunSummary } from '../../protocol/dashboard/index.ts';
import { applyEvent, placeEvent, placeRun } from './apply-event.ts';
import { createQueryClient, type EventPage, keys, type RunFilter, type RunPage } from './queries.ts';

const all: RunFilter = { repository: '', status: '' };

const run = (id: number, fields: Partial<RunDetail> = {}): RunSummary => sampleRun({ id, status: 'queued', ...fields });

const pages = (...ids: number[][]): RunPage[] => ids.map((page) => ({ runs: page.map((id) => run(id)), next: null }));
const ids = (list: RunPage[]): number[][] => list.map((page) => page.runs.map(({ id }) => id));

describe('a run that comes over the live feed', () => {
  test('is put on top when it is the newest', () => {
    expect(ids(placeRun(pages([3, 2], [1]), run(4), all))).toEqual([[4, 3, 2], [1]]);
  });

  test('replaces the one that is listed, on whatever page', () => {
    const placed = placeRun(pages([3, 2], [1]), run(1, { status: 'in_progress' }), all);
    expect(ids(placed)).toEqual([[3, 2], [1]]);
    expect(placed[1]?.runs[0]?.status).toBe('in_progress');
  });

  test('leaves the list when it no longer fits the filter', () => {
    const filter: RunFilter = { repository: '', status: 'queued' };
    expect(ids(placeRun(pages([2, 1]), run(2, { status: 'in_progress' }), filter))).toEqual([[1]]);
  });

  test('is left out when it is of another repository, or older than what is shown', () => {
    expect(ids(placeRun(pages([2]), run(3), { repository: 'me/app', status: '' }))).toEqual([[2]]);
    expect(ids(placeRun(pages([5]), run(3), all))).toEqual([[5]]);
  });
});

test('a job event replaces that job in its run and leaves the others', () => {
  const client = createQueryClient();
  const job = sampleJob({ id: 7, runId: 1, key: 'a', status: 'queued' });
  const detail = sampleRun({ id: 1, jobs: [job, { ...job, id: 8 }] });
  client.setQueryData(keys.run(1), detail);
  applyEvent(client, { type: 'job', value: { ...job, status: 'in_progress' } });
  expect(client.getQueryData<RunDetail>(keys.run(1))?.jobs.map(({ id, status }) => [id, status])).toEqual([
    [7, 'in_progress'],
    [8, 'queued'],
  ]);
});

describe('an event that comes over the live feed', () => {
  const listed = (...ids: number[]) => [{ events: ids.map((id) => sampleEvent({ id })), next: null }];

  test('is put on top, once', () => {
    const placed = placeEvent(listed(2, 1), sampleEvent({ id: 3 }));
    expect(placed[0]?.events.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(placeEvent(placed, sampleEvent({ id: 3 }))).toBe(placed);
  });

  test('is left out of the list of another repository; its runs go on in every list', () => {
    const client = createQueryClient();
    const run = { id: 7, number: 1, workflow: 'CI', status: 'queued', conclusion: null } as const;
    for (const repository of ['', 'me/app', 'me/other']) {
      client.setQueryData(keys.events(repository), { pages: listed(), pageParams: [null] });
    }
    applyEvent(client, { type: 'received-event', value: sampleEvent({ id: 4, repository: 'me/App', runs: [run] }) });
    applyEvent(client, { type: 'run', value: sampleRun({ id: 7, status: 'completed', conclusion: 'success' }) });
    const conclusions = (repository: string) =>
      client
        .getQueryData<{ pages: EventPage[] }>(keys.events(repository))
        ?.pages.flatMap(({ events }) => events.map(({ runs }) => runs[0]?.conclusion));
    expect([conclusions(''), conclusions('me/app'), conclusions('me/other')]).toEqual([['success'], ['success'], []]);
  });
});

describe('jobs of a run with attempts', () => {
  const client = createQueryClient();
  const shown = () => client.getQueryData<RunDetail>(keys.run(1))?.jobs.map(({ id }) => id);
  const isStale = () => client.getQueryState(keys.run(1))?.isInvalidated;
  const tell = (fields: Partial<Job> & { id: number }) =>
    applyEvent(client, { type: 'job', value: sampleJob({ runId: 1, key: 'a', ...fields }) });
  beforeEach(() => {
    const jobs = [sampleJob({ id: 21, runId: 1, key: 'a', attempt: 2 })];
    client.setQueryData(keys.run(1), sampleRun({ id: 1, attempt: 2, jobs }));
  });

  test('of an older attempt are not added; those of a newer one let the run be read again (SEM-29.6)', () => {
    tell({ id: 11, attempt: 1 });
    expect([shown(), isStale()]).toEqual([[21], false]);
    tell({ id: 31, attempt: 3 });
    expect([shown(), isStale()]).toEqual([[21], true]);
  });

  test('that begin or end to wait for an environment let it be read again: the run says what they wait for', () => {
    tell({ id: 21, attempt: 2, status: 'in_progress' });
    expect(isStale()).toBe(false);
    tell({ id: 21, attempt: 2, status: 'waiting' });
    expect(isStale()).toBe(true);
  });
});
