import { describe, expect, test } from 'vitest';
import { sampleJob, sampleRun } from '../../../test/web/samples.ts';
import type { RunDetail, RunSummary } from '../../protocol/dashboard/index.ts';
import { applyEvent, placeRun } from './apply-event.ts';
import { createQueryClient, keys, type RunFilter, type RunPage } from './queries.ts';

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
