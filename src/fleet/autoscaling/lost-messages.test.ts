import { expect, it } from 'vitest';
import { checkTraces } from '../../../test/support/demand-traces.ts';

it('D-7, D-8: forgets no job and starts no two runners for one, however messages are lost, repeated and shuffled', () => {
  expect(() => checkTraces(500)).not.toThrow();
});
