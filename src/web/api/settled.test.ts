import { expect, test } from 'vitest';
import { markOvertaken, readSettled } from './settled.ts';

test('reads again when an event about the resource came during the read', async () => {
  let reads = 0;
  const answer = await readSettled('run:1', async () => {
    reads++;
    if (reads === 1) markOvertaken('run:1');
    return reads;
  });
  expect(answer).toBe(2);
});

test('reads once when events are about other things', async () => {
  let reads = 0;
  await readSettled('run:2', async () => {
    markOvertaken('run:3');
    return ++reads;
  });
  expect(reads).toBe(1);
});

test('gives what it has after three reads that were all overtaken', async () => {
  let reads = 0;
  const answer = await readSettled('run:4', async () => {
    markOvertaken('run:4');
    return ++reads;
  });
  expect(answer).toBe(3);
});
