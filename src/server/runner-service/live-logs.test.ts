import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newGuid } from '../../common/ids.ts';
import { type LiveLines, LiveLogs } from './live-logs.ts';

let folder: string;
let logs: LiveLogs;
let step: string;
const JOB = 7;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-live-'));
  logs = new LiveLogs(folder);
  step = newGuid();
});

afterEach(async () => {
  await logs.close();
  await rm(folder, { recursive: true, force: true });
});

const numbered = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `line ${from + n} é`);

test('gives back any range of what came', () => {
  for (let from = 1; from <= 2_000; from += 100) logs.append(JOB, step, from, numbered(from, 100));
  expect(logs.total(JOB, step)).toBe(2_000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_100 }), fc.integer({ min: 1, max: 700 }), (from, limit) => {
      const expected = numbered(from, Math.max(0, Math.min(limit, 2_001 - from)));
      expect(logs.read(JOB, step, from, limit)).toEqual({ lines: expected, total: 2_000 });
    }),
    { numRuns: 50 },
  );
});

test('leaves out what is sent twice after a reconnect', () => {
  logs.append(JOB, step, 1, numbered(1, 5));
  logs.append(JOB, step, 3, numbered(3, 4));
  logs.append(JOB, step, 1, numbered(1, 2));
  expect(logs.read(JOB, step, 1, 10).lines).toEqual(numbered(1, 6));
});

test('marks lines that were lost, so that the numbers stay true', () => {
  logs.append(JOB, step, 1, numbered(1, 2));
  logs.append(JOB, step, 6, numbered(6, 1));
  const { lines, total } = logs.read(JOB, step, 1, 10);
  expect(total).toBe(6);
  expect(lines[2]).toContain('3 lines did not arrive live');
  expect(lines[5]).toBe('line 6 é');
  logs.append(JOB, step, 1e12, ['not believed']);
  expect(logs.total(JOB, step)).toBe(6);
});

test('survives a restart, dropping a line that was written half', async () => {
  logs.append(JOB, step, 1, numbered(1, 300));
  await logs.close();
  await appendFile(join(folder, 'live', String(JOB), `${step}.log`), 'half a li');
  logs = new LiveLogs(folder);
  expect(logs.total(JOB, step)).toBe(300);
  logs.append(JOB, step, 301, numbered(301, 1));
  expect(logs.read(JOB, step, 299, 10).lines).toEqual(numbered(299, 3));
});

test('tells the subscribers of the job, until they end it', () => {
  const seen: LiveLines[] = [];
  const end = logs.subscribe(JOB, (lines) => seen.push(lines));
  logs.append(JOB, step, undefined, ['a']);
  logs.append(8, step, 1, ['other job']);
  end();
  logs.append(JOB, step, undefined, ['b']);
  expect(seen).toEqual([{ stepId: step, from: 1, lines: ['a'] }]);
});

test('keeps one line one line, and bounds it', () => {
  logs.append(JOB, step, 1, ['a\nb', 'x'.repeat(100_000)]);
  const { lines } = logs.read(JOB, step, 1, 10);
  expect(lines[0]).toBe('a b');
  expect(lines[1]?.length).toBe(8_192);
});

test('refuses a step id that is none: it becomes the name of a file', () => {
  logs.append(JOB, '../../../etc/x', 1, ['a']);
  expect(logs.total(JOB, '../../../etc/x')).toBe(0);
});

test('forgets a step once its log is in its blob', async () => {
  logs.append(JOB, step, 1, ['a']);
  await logs.drop(JOB, step);
  expect(logs.read(JOB, step, 1, 10)).toEqual({ lines: [], total: 0 });
});

test('leaves no folder behind when the last step of a job is forgotten', async () => {
  const other = newGuid();
  logs.append(JOB, step, 1, ['a']);
  logs.append(JOB, other, 1, ['b']);
  await logs.drop(JOB, step);
  expect(logs.read(JOB, other, 1, 10).lines).toEqual(['b']);
  await logs.drop(JOB, other);
  expect(await readdir(join(folder, 'live'))).toEqual([]);
  await logs.drop(JOB, other);
  logs.append(JOB, other, 1, ['late']);
  expect(logs.read(JOB, other, 1, 10).lines).toEqual(['late']);
});

test('keeps more steps than files open', () => {
  const steps = Array.from({ length: 250 }, newGuid);
  for (const id of steps) logs.append(JOB, id, 1, [id]);
  for (const id of steps) expect(logs.read(JOB, id, 1, 1).lines).toEqual([id]);
});
