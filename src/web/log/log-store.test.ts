import { expect, test, vi } from 'vitest';
import type { LogPage } from '../../protocol/dashboard/index.ts';
import { LogStore } from './log-store.ts';
import { findMatches, splitMatches } from './search.ts';

/** A server with these lines in step 1, and what was asked of it. */
function server(lines: string[]) {
  const asked: [from: number, limit: number][] = [];
  const read = async (_step: number, from: number, limit: number): Promise<LogPage> => {
    asked.push([from, limit]);
    return { from, lines: lines.slice(from - 1, from - 1 + limit), total: lines.length, complete: true };
  };
  return { asked, read };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const changed = (store: LogStore): Promise<void> => new Promise((resolve) => store.subscribe(resolve));

test('reads only the part of the log that is looked at', async () => {
  const { asked, read } = server(numbered(100_000));
  const store = new LogStore(read);
  store.grow(1, 100_000);
  store.ensure(1, 50_010, 50_050);
  await vi.waitFor(() => expect(store.line(1, 50_010)?.text).toBe('line 50010'));
  store.ensure(1, 50_010, 50_050);
  expect(asked).toEqual([[50_001, 1000]]);
  expect(store.line(1, 49_999)).toBeUndefined();
});

test('appends live lines, and reads the gap that a broken stream left', async () => {
  const { asked, read } = server(numbered(20));
  const store = new LogStore(read);
  store.put(1, 1, numbered(5));
  store.put(1, 16, numbered(20).slice(15));
  expect(store.total(1)).toBe(20);
  expect(store.line(1, 10)).toBeUndefined();
  store.ensure(1, 1, 20);
  await vi.waitFor(() => expect(store.line(1, 10)?.text).toBe('line 10'));
  expect(asked).toEqual([[6, 995]]);
});

test('finds the end of a group: its endgroup, the next group, or the end of the log', () => {
  const store = new LogStore(server([]).read);
  store.put(1, 1, ['##[group]a', 'x', '##[endgroup]', 'y', '##[group]b', 'x', '##[group]c', 'x']);
  expect([1, 5, 7].map((start) => store.groupEnd(1, start))).toEqual([3, 6, 8]);
});

test('reads on to the end of a long group before it folds', async () => {
  const { read } = server(['##[group]long', ...numbered(2500), '##[endgroup]', 'after']);
  const store = new LogStore(read);
  store.grow(1, 2503);
  store.ensure(1, 1, 10);
  await vi.waitFor(() => expect(store.line(1, 1)).toBeDefined());
  await store.loadGroup(1, 1);
  expect(store.groupEnd(1, 1)).toBe(2502);
});

test('says why lines could not be read, asks no more, and goes on after a retry', async () => {
  const read = vi.fn<(step: number, from: number, limit: number) => Promise<LogPage>>();
  read.mockRejectedValueOnce(new Error('gone'));
  read.mockResolvedValue({ from: 1, lines: ['hello'], total: 1, complete: true });
  const store = new LogStore(read);
  store.grow(1, 1);
  store.ensure(1, 1, 1);
  await vi.waitFor(() => expect(store.failure?.message).toBe('gone'));
  store.ensure(1, 1, 1);
  expect(read).toHaveBeenCalledTimes(1);
  store.retry();
  store.ensure(1, 1, 1);
  await vi.waitFor(() => expect(store.line(1, 1)?.text).toBe('hello'));
});

test('takes the number of lines from the server when fewer were kept than announced', async () => {
  const { asked, read } = server(numbered(3));
  const store = new LogStore(read);
  store.grow(1, 10);
  store.ensure(1, 1, 10);
  await vi.waitFor(() => expect(store.total(1)).toBe(3));
  store.grow(1, 10);
  store.ensure(1, 1, 10);
  expect(asked).toEqual([[1, 1000]]);
});

test('asks again after a pause for lines that are announced before they can be read', async () => {
  const read = vi.fn<(step: number, from: number, limit: number) => Promise<LogPage>>();
  read.mockResolvedValueOnce({ from: 1, lines: [], total: 0, complete: false });
  read.mockResolvedValue({ from: 1, lines: ['late'], total: 1, complete: false });
  const store = new LogStore(read);
  store.subscribe(() => store.ensure(1, 1, 1));
  store.grow(1, 1);
  await vi.waitFor(() => expect(store.line(1, 1)?.text).toBe('late'), { timeout: 5000 });
  expect(read).toHaveBeenCalledTimes(2);
});

test('tells of a burst of changes once', async () => {
  const store = new LogStore(server([]).read);
  const told = changed(store);
  for (let line = 1; line <= 1000; line++) store.put(1, line, ['x']);
  await told;
  expect(store.version()).toBe(1);
});

test('finds text in all lines, whatever the case and the colours, once all are read', async () => {
  const { asked, read } = server([...numbered(12_000), 'a \x1b[31mNee\x1b[0mdle']);
  const store = new LogStore(read);
  store.grow(1, 12_001);
  await store.loadAll([1], new AbortController().signal);
  expect(asked).toEqual([
    [1, 5000],
    [5001, 5000],
    [10_001, 5000],
  ]);
  expect(findMatches(store, [1], 'needle')).toEqual([{ step: 1, line: 12_001 }]);
  expect(findMatches(store, [1], '')).toEqual([]);
});

test('cuts a line into what matches and what does not', () => {
  expect(splitMatches('Foo bar foo', 'foo')).toEqual(['', 'Foo', ' bar ', 'foo', '']);
  expect(splitMatches('nothing', 'foo')).toEqual(['nothing']);
});
