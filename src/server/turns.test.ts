import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('lets tasks of one key happen in their order, those of others beside them, and goes on after a failure', async () => {
  const turns = new Turns();
  const happened: string[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = turns.take('a', async () => {
    await gate;
    happened.push('first');
    throw new Error('no');
  });
  const second = turns.take('a', async () => happened.push('second'));
  await turns.take('b', async () => happened.push('other'));
  open();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(happened).toEqual(['other', 'first', 'second']);
});
