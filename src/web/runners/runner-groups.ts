import type { Runner, Wall } from '../../protocol/dashboard/index.ts';

export interface RunnerGroup {
  name: string;
  wall: Wall | null;
  runners: Runner[];
}

/** The runners by group, groups by name. */
export function runnerGroups(runners: readonly Runner[]): RunnerGroup[] {
  const groups = new Map<string, RunnerGroup>();
  for (const runner of runners) {
    const group = groups.get(runner.group) ?? { name: runner.group, wall: runner.groupWall, runners: [] };
    groups.set(runner.group, { ...group, runners: [...group.runners, runner] });
  }
  return [...groups.values()].sort((a, b) => a.name.localeCompare(b.name));
}
