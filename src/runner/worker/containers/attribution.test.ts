import { describe, expect, it } from 'vitest';
import { type Evidence, explainKill } from './attribution.ts';

const MIB = 1024 * 1024;
const evidence = (given: Partial<Evidence>): Evidence => ({
  state: 'running',
  exitCode: 0,
  isOutOfMemory: false,
  memoryLimitBytes: 0,
  peakBytes: undefined,
  kills: [],
  ...given,
});
const KILL = { signal: '9', at: 1_795_305_600 };

describe('explainKill', () => {
  it.each([
    [
      { isOutOfMemory: true, memoryLimitBytes: 64 * MIB, peakBytes: 64 * MIB },
      'Out of memory: the limit of the container is 64 MiB, its peak 64 MiB.',
    ],
    [
      { isOutOfMemory: true, state: 'stopped' as const, exitCode: 137 },
      'Out of memory: the container has no limit of its own, so the machine had none left.',
    ],
    [
      { state: 'gone' as const, kills: [KILL] },
      'Killed from outside: somebody else removed the container from the Docker engine (signal 9 at 2026-11-22T00:00:00.000Z); this runner did not.',
    ],
    [
      { state: 'gone' as const },
      'Killed from outside: somebody else removed the container from the Docker engine; this runner did not.',
    ],
    [
      { state: 'stopped' as const, exitCode: 143, kills: [{ ...KILL, signal: '15' }] },
      'Killed from outside: a Docker command sent the container signal 15 at 2026-11-22T00:00:00.000Z; this runner did not.',
    ],
    [
      { state: 'stopped' as const, exitCode: 137 },
      'The container was ended by signal 9, though no Docker command did that: a process of the machine has, or the Docker engine was stopped.',
    ],
    [{ state: 'stopped' as const, exitCode: 1 }, 'The container ended by itself, with exit code 1.'],
    [
      {},
      'The process was killed with signal 9, by another process of the container or of the machine: its memory limit was not reached, and the runner did not do it.',
    ],
  ])('says of %j what killed it', (given, sentence) => {
    expect(explainKill(evidence(given), 137)).toBe(sentence);
  });

  it('says nothing of a process that ended by itself', () => {
    expect(explainKill(evidence({}), 1)).toBeUndefined();
  });
});
