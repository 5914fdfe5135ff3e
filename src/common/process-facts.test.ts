import { expect, it } from 'vitest';
import { processFacts, readStat } from './process-facts.ts';

it('reads what comes after a name that looks like the rest', () => {
  expect(readStat(`7 (a) Z (b c) S 42 ${'0 '.repeat(17)}815 99`)).toMatchObject({
    name: 'a) Z (b c',
    isOver: false,
    parent: 42,
  });
  expect(readStat(`7 (sh) Z 1 ${'0 '.repeat(17)}815 99`)).toEqual({
    name: 'sh',
    isOver: true,
    parent: 1,
    startTime: '815',
  });
});

it.runIf(process.platform === 'linux')('knows this process, and nothing of one that there is not', () => {
  expect(processFacts(process.pid)).toMatchObject({ isOver: false, parent: process.ppid });
  expect(processFacts(process.pid)?.startTime).toMatch(/^\d+$/);
  expect(processFacts(2 ** 30)).toBeUndefined();
});
