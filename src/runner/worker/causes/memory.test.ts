import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { explainEnd } from './machine.ts';
import { type MemoryFacts, OwnMemory } from './memory.ts';

const roots: string[] = [];

/** A machine's files, by their paths. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'switchyard-memory-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const MIB = 1024 * 1024;
const MOUNT_2 = '40 31 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
const MOUNT_1 = '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory';

describe('OwnMemory', () => {
  it('reads a group of version 2, its limit from above where it has none itself', () => {
    const root = machine({
      'proc/self/cgroup': '0::/runners.slice/one',
      'proc/self/mountinfo': MOUNT_2,
      'sys/fs/cgroup/runners.slice/memory.max': String(512 * MIB),
      'sys/fs/cgroup/runners.slice/one/memory.max': 'max',
      'sys/fs/cgroup/runners.slice/one/memory.peak': String(300 * MIB),
      'sys/fs/cgroup/runners.slice/one/memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 0',
    });
    expect(new OwnMemory(root).read()).toEqual({
      oomKills: 2,
      of: 'group',
      limitBytes: 512 * MIB,
      peakBytes: 300 * MIB,
    });
  });

  it('reads a group of version 1, also where a container sees it as the top one', () => {
    const group = {
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1',
      'memory.limit_in_bytes': String(64 * MIB),
      'memory.max_usage_in_bytes': String(64 * MIB),
    };
    const below = (path: string): Record<string, string> =>
      Object.fromEntries(Object.entries(group).map(([name, text]) => [`sys/fs/cgroup/memory/${path}${name}`, text]));
    const own = '5:cpu,cpuacct:/\n4:memory:/docker/abc\n0::/';
    const top = { 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712' };
    const facts = { oomKills: 1, of: 'group', limitBytes: 64 * MIB, peakBytes: 64 * MIB };
    const outside = machine({
      'proc/self/cgroup': own,
      'proc/self/mountinfo': MOUNT_1,
      ...top,
      ...below('docker/abc/'),
    });
    expect(new OwnMemory(outside).read()).toEqual(facts);
    const inside = machine({
      'proc/self/cgroup': own,
      'proc/self/mountinfo': MOUNT_1.replace(' / ', ' /docker/abc '),
      ...below(''),
    });
    expect(new OwnMemory(inside).read()).toEqual(facts);
  });

  it('has the count of the whole machine where the group keeps none, and nothing where there is none', () => {
    const root = machine({
      'proc/self/cgroup': '0::/',
      'proc/self/mountinfo': MOUNT_2,
      'proc/vmstat': 'pgfault 9\noom_kill 4',
    });
    expect(new OwnMemory(root).read()).toEqual({
      oomKills: 4,
      of: 'machine',
      limitBytes: undefined,
      peakBytes: undefined,
    });
    expect(new OwnMemory(machine({})).read()).toBeUndefined();
  });
});

describe('explainEnd', () => {
  const facts = (given: Partial<MemoryFacts>): MemoryFacts => ({
    oomKills: 0,
    of: 'group',
    limitBytes: 64 * MIB,
    peakBytes: 63 * MIB,
    ...given,
  });
  const killed = { code: 137, signal: null };

  it('tells lack of memory, whatever the process that lived through it ended with', () => {
    const sentence = 'Out of memory: the limit of the control group that the job runs in is 64 MiB, its peak 63 MiB.';
    expect(explainEnd(killed, facts({}), facts({ oomKills: 1 }))).toBe(sentence);
    expect(explainEnd({ code: 2, signal: null }, facts({}), facts({ oomKills: 1 }))).toBe(sentence);
    const unlimited = { limitBytes: undefined, peakBytes: undefined, oomKills: 1 };
    expect(explainEnd(killed, facts({}), facts(unlimited))).toBe(
      'Out of memory: the control group that the job runs in has no limit of its own, so the machine had none left.',
    );
  });

  it('tells a kill of the whole machine only to a process that was killed', () => {
    const [before, after] = [facts({ of: 'machine' }), facts({ of: 'machine', oomKills: 1 })];
    expect(explainEnd(killed, before, after)).toMatch(/^Out of memory, most likely: /);
    expect(explainEnd({ code: 1, signal: null }, before, after)).toBeUndefined();
  });

  it('tells signals of others, and says what it cannot know', () => {
    expect(explainEnd(killed, facts({ oomKills: 3 }), facts({ oomKills: 3 }))).toBe(
      'Killed from outside: another process of this machine sent signal 9; this runner did not, and memory was not short.',
    );
    expect(explainEnd(killed, undefined, undefined)).toMatch(/cannot be known here\.$/);
    expect(explainEnd({ code: 143, signal: 'SIGTERM' }, facts({}), facts({}))).toBe(
      'Ended from outside: something sent it SIGTERM; this runner did not.',
    );
    expect(explainEnd({ code: 143, signal: null }, facts({}), facts({}))).toBeUndefined();
    expect(explainEnd({ code: 139, signal: 'SIGSEGV' }, facts({}), facts({}))).toBeUndefined();
    expect(explainEnd({ code: 1, signal: null }, facts({}), facts({}))).toBeUndefined();
  });
});
