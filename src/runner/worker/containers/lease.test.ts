import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { containerLease, isDead, type LeaseFacts, localFacts, processLease } from './lease.ts';

const FACTS: LeaseFacts = {
  machine: 'm1',
  boot: 'b1',
  pidNamespace: '77',
  startOf: (pid) => (pid === 10 ? '500' : undefined),
  containerStart: async (id) => (id === 'c1' ? 't1' : undefined),
};
const lease = processLease(10, FACTS);
const seenFrom = (here: Partial<LeaseFacts>, isRunning = true): Promise<boolean> =>
  isDead(lease, isRunning, { ...FACTS, ...here });

describe('the lease of a process', () => {
  it('SEM-14.3: holds while the process lives, and ends with it', async () => {
    expect(lease).toBe('process/m1/b1/77/10/500');
    expect(await seenFrom({})).toBe(false);
    expect(await seenFrom({ startOf: () => undefined })).toBe(true);
  });

  it('is not kept by another process that got the same pid', async () => {
    expect(await seenFrom({ startOf: () => '501' })).toBe(true);
  });

  it('SEM-32.31: holds where nothing can be known: other machine, other pid namespace', async () => {
    const gone = { startOf: () => undefined };
    expect(await seenFrom({ ...gone, machine: 'm2' })).toBe(false);
    expect(await seenFrom({ ...gone, machine: 'm2', boot: 'b2' }, false)).toBe(false);
    expect(await seenFrom({ ...gone, pidNamespace: '78' })).toBe(false);
    expect(await isDead('process//b1/77/10/500', false, { ...FACTS, machine: '', boot: 'b2' })).toBe(false);
  });

  it('ends with a restart of the machine, except for what still runs: that was not restarted', async () => {
    expect(await seenFrom({ boot: 'b2' }, false)).toBe(true);
    expect(await seenFrom({ boot: 'b2' }, true)).toBe(false);
  });

  it.each(['', 'process', 'process/m1/b1/77/10/', 'other/x', 'container//'])('%j proves nothing', async (text) => {
    expect(await isDead(text, false, FACTS)).toBe(false);
  });

  it('is that of real processes', async () => {
    const child = spawn('sleep', ['60']);
    const facts = { ...localFacts(), containerStart: FACTS.containerStart };
    const real = processLease(child.pid ?? 0, facts);
    expect(real).toMatch(/^process\/[^/]*\/[\w-]+\/\d+\/\d+\/\d+$/);
    expect(await isDead(real, true, { ...facts, machine: facts.machine })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(facts.startOf(child.pid ?? 0)).toBeUndefined();
  });
});

describe('the lease of a container', () => {
  it('holds while the runner’s own container runs since then', async () => {
    expect(await isDead(containerLease('c1', 't1'), true, FACTS)).toBe(false);
    expect(await isDead(containerLease('c1', 't0'), true, FACTS)).toBe(true);
    expect(await isDead(containerLease('c2', 't1'), true, FACTS)).toBe(true);
  });
});
