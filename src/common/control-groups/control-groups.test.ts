import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ControlGroup } from './control-group.ts';
import { readHierarchies } from './hierarchies.ts';
import { findParents } from './parents.ts';

const roots: string[] = [];

/** A machine's files, by their paths. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'switchyard-groups-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const V2 = '40 31 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
const PIDS = '41 31 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids';
const CPU = '42 31 0:30 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct';
const stat = (session: number): string => `9 (a (name) S 1 9 ${session} 0`;

describe('readHierarchies', () => {
  it('finds the own groups of both versions, also where a mount shows only a part', () => {
    const root = machine({
      'proc/self/cgroup': '5:cpu,cpuacct:/docker/abc/inner\n4:pids:/\n0::/system.slice/x.service\n',
      'proc/self/mountinfo': [V2, PIDS, CPU, '43 1 8:1 / / rw - ext4 /dev/x rw'].join('\n'),
    });
    const own = readHierarchies(root).map((each) => [each.isV2, each.controllers, each.own.slice(root.length)]);
    expect(own).toEqual([
      [true, [], '/sys/fs/cgroup/system.slice/x.service'],
      [false, ['pids'], '/sys/fs/cgroup/pids'],
      [false, ['cpu', 'cpuacct'], '/sys/fs/cgroup/cpu/inner'],
    ]);
    expect(readHierarchies(machine({}))).toEqual([]);
  });
});

describe('findParents', () => {
  const SERVICE = 'sys/fs/cgroup/system.slice/x.service';
  const service = (given: Record<string, string> = {}): string =>
    machine({
      'proc/self/cgroup': '0::/system.slice/x.service',
      'proc/self/mountinfo': V2,
      'proc/self/stat': stat(7),
      'proc/8/stat': stat(7),
      [`${SERVICE}/cgroup.type`]: 'domain',
      [`${SERVICE}/cgroup.controllers`]: 'cpu memory pids',
      [`${SERVICE}/cgroup.subtree_control`]: '',
      [`${SERVICE}/cgroup.procs`]: '8\n',
      ...given,
    });

  it('of version 2 moves its own session aside and hands controllers on', () => {
    const root = service();
    const { parents, missing } = findParents(['memory'], root);
    expect(missing).toEqual({});
    expect(parents).toEqual([{ folder: join(root, SERVICE), isV2: true, controllers: ['memory'] }]);
    expect(readFileSync(join(root, SERVICE, 'cgroup.subtree_control'), 'utf8')).toBe('+memory');
    expect(readFileSync(join(root, SERVICE, 'switchyard-main/cgroup.procs'), 'utf8')).toBe('8');
  });

  it('of version 2 makes groups beside the one it was moved to', () => {
    const root = service({
      'proc/self/cgroup': '0::/system.slice/x.service/switchyard-main',
      [`${SERVICE}/cgroup.subtree_control`]: 'memory pids',
      [`${SERVICE}/switchyard-main/cgroup.procs`]: '8',
    });
    const { parents } = findParents(['memory', 'pids'], root);
    expect(parents).toEqual([{ folder: join(root, SERVICE), isV2: true, controllers: ['memory', 'pids'] }]);
  });

  it("does not move other people's processes, and says so", () => {
    const root = service({ 'proc/8/stat': stat(6) });
    const { missing } = findParents(['memory'], root);
    expect(missing.memory).toMatch(
      /x\.service may not be changed: process 8, which is not Switchyard's, is in it too$/,
    );
    expect(readdirSync(join(root, SERVICE))).not.toContain('switchyard-main');
  });

  it('says which controller a group was not given, and still finds a group to tell processes by', () => {
    const root = service({ [`${SERVICE}/cgroup.controllers`]: 'cpu' });
    const { parents, missing } = findParents(['pids'], root);
    expect(missing.pids).toMatch(/x\.service was not given the controller pids$/);
    expect(parents).toEqual([{ folder: join(root, SERVICE), isV2: true, controllers: [] }]);
  });

  it('of version 1 takes a hierarchy for each controller', () => {
    const root = machine({
      'proc/self/cgroup': '5:cpu,cpuacct:/docker/abc\n4:pids:/',
      'proc/self/mountinfo': [PIDS, CPU].join('\n'),
      'sys/fs/cgroup/pids/tasks': '',
      'sys/fs/cgroup/cpu/tasks': '',
    });
    const { parents, missing } = findParents(['cpu', 'pids', 'memory'], root);
    expect(parents.map(({ folder, controllers }) => [folder.slice(root.length), controllers])).toEqual([
      ['/sys/fs/cgroup/cpu', ['cpu']],
      ['/sys/fs/cgroup/pids', ['pids']],
    ]);
    expect(missing).toEqual({ memory: 'this system has no control groups for it' });
  });
});

describe('a control group', () => {
  const limits = { cpus: 1.5, memoryBytes: 1_000, pids: 10 };
  const read = (group: ControlGroup, index: number, file: string): string =>
    readFileSync(join(group.folders[index] ?? '', file), 'utf8');

  it('of version 2 has its limits in the words of that version', () => {
    const folder = machine({});
    const group = ControlGroup.make('g', [{ folder, isV2: true, controllers: ['cpu', 'memory', 'pids'] }], limits);
    expect(['cpu.max', 'memory.max', 'memory.swap.max', 'pids.max'].map((file) => read(group, 0, file))).toEqual([
      '150000 100000',
      '1000',
      '0',
      '10',
    ]);
  });

  it('of version 1 has them where each controller has its own folder', () => {
    const [cpu, memory] = [machine({}), machine({})];
    const parents = [
      { folder: cpu, isV2: false, controllers: ['cpu' as const] },
      { folder: memory, isV2: false, controllers: ['memory' as const, 'pids' as const] },
    ];
    const group = ControlGroup.make('g', parents, limits);
    expect(read(group, 0, 'cpu.cfs_quota_us')).toBe('150000');
    expect(read(group, 1, 'memory.limit_in_bytes')).toBe('1000');
    expect(read(group, 1, 'pids.max')).toBe('10');
  });

  it('is made in all hierarchies or in none', () => {
    const folder = machine({});
    const parents = [
      { folder, isV2: false, controllers: [] },
      { folder: join(folder, 'none'), isV2: false, controllers: [] },
    ];
    expect(() => ControlGroup.make('g', parents, {})).toThrow('ENOENT');
    expect(existsSync(join(folder, 'g'))).toBe(false);
  });
});
