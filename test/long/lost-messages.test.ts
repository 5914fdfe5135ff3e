import { expect, it } from 'vitest';
import { checkTraces } from '../support/demand-traces.ts';

it('forgets no job and starts no two runners for one in 100,000 traces of lost, repeated and shuffled messages', () => {
  expect(() => checkTraces(100_000)).not.toThrow();
});
