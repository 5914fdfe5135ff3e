/** The control groups of this process, versions 1 and 2: cgroups(7). */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Hierarchy {
  isV2: boolean;
  /** Of version 1, such as `memory`; those of version 2 are told by the groups themselves. */
  controllers: string[];
  /** Where it is mounted: its top group, as far as this process can see. */
  top: string;
  /** Folder of the group that this process is in. */
  own: string;
}

/** Empty where there are none, such as on macOS. @param root where `/proc` and `/sys` are */
export function readHierarchies(root = '/'): Hierarchy[] {
  const groups = new Map(
    readText(join(root, 'proc/self/cgroup'))
      .split('\n')
      .flatMap((line) => {
        const [, , controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
        return controllers !== undefined && path !== undefined ? [[controllers, path] as const] : [];
      }),
  );
  return readText(join(root, 'proc/self/mountinfo'))
    .split('\n')
    .flatMap((line) => readMount(line, groups, root) ?? []);
}

/** proc_pid_mountinfo(5): fields, a lone dash, then type, source and options of the file system. */
function readMount(line: string, groups: Map<string, string>, root: string): Hierarchy | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , mounted = '', place = ''] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (type !== 'cgroup' && type !== 'cgroup2') return undefined;
  const isV2 = type === 'cgroup2';
  const named = options.split(',');
  const key = isV2 ? '' : [...groups.keys()].find((names) => names !== '' && isSame(names.split(','), named));
  const path = key === undefined ? undefined : groups.get(key);
  if (key === undefined || path === undefined) return undefined;
  const top = join(root, place);
  // In a container the mount may show a part of the hierarchy only.
  const below = relative(mounted, path);
  const own = below.startsWith('..') ? top : join(top, below);
  return { isV2, controllers: isV2 ? [] : key.split(','), top, own };
}

/** Among a mount's options are its controllers. */
const isSame = (controllers: string[], options: string[]): boolean =>
  controllers.every((controller) => options.includes(controller));

/** Of a file of the kernel; empty where there is none. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
