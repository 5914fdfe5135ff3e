/** Who may take a job, and for everyone else why not (SEM-13). */
import { type RunnerScope, scopeName } from '../../protocol/github/runner-scope.ts';
import { type JobRequirement, normalized, type RunnerFacts, same, type Wall } from './facts.ts';
import { keepsOut } from './walls.ts';

export type Mismatch =
  | { kind: 'missing-labels'; labels: string[] }
  | { kind: 'other-group'; group: string }
  | { kind: 'out-of-scope'; scope: string }
  | { kind: 'other-scale-set' }
  | { kind: 'wall'; of: 'runner' | 'group'; wall: Wall };

/** Why the runner cannot take the job; empty when it may. Says nothing about online and busy. */
export function mismatches(requirement: JobRequirement, runner: RunnerFacts): Mismatch[] {
  const found: Mismatch[] = [];
  if (!serves(runner.scope, requirement.repository)) {
    found.push({ kind: 'out-of-scope', scope: scopeName(runner.scope) });
  }
  if (!isOfScaleSet(runner, requirement)) found.push({ kind: 'other-scale-set' });
  if (!isInGroup(runner, requirement.group)) found.push({ kind: 'other-group', group: runner.group });
  const labels = missingLabels(requirement, runner);
  if (labels.length > 0) found.push({ kind: 'missing-labels', labels });
  const { wall, groupWall } = runner;
  if (wall && keepsOut(wall, requirement)) found.push({ kind: 'wall', of: 'runner', wall });
  if (groupWall && keepsOut(groupWall, requirement)) found.push({ kind: 'wall', of: 'group', wall: groupWall });
  return found;
}

/** Whether `mismatches` is empty, without making the list: it is asked of every runner for every job. */
export function mayTake(requirement: JobRequirement, runner: RunnerFacts): boolean {
  const own = normalized(runner.labels);
  for (const label of normalized(requirement.labels)) if (!own.has(label)) return false;
  if (!serves(runner.scope, requirement.repository) || !isInGroup(runner, requirement.group)) return false;
  if (!isOfScaleSet(runner, requirement)) return false;
  return !keepsOut(runner.wall, requirement) && !keepsOut(runner.groupWall, requirement);
}

/** Labels of the runner that the job does not ask for. */
export function surplusLabels(requirement: JobRequirement, runner: RunnerFacts): number {
  return normalized(runner.labels).size - normalized(requirement.labels).size;
}

/**
 * Equal for two requirements exactly when every runner that stands behind these walls or none answers both alike. The
 * repository counts only by name, case and order of labels do not count, and where a job comes from counts only by the
 * walls that ask for it.
 */
export function labelSetKey(requirement: JobRequirement, walls: readonly Wall[] = []): string {
  const { labels, group, repository, scaleSet } = requirement;
  const place = [repository.owner, repository.name, group === null ? null : groupKey(group), `${scaleSet ?? ''}`];
  const key = JSON.stringify([...place.map(lower), ...[...normalized(labels)].sort()]);
  if (walls.length === 0) return key;
  return `${key} ${walls.map((wall) => (keepsOut(wall, requirement) ? 'x' : '-')).join('')}`;
}

const lower = (text: string | null): string | null => text?.toLowerCase() ?? null;

function missingLabels(requirement: JobRequirement, runner: RunnerFacts): string[] {
  const own = normalized(runner.labels);
  return requirement.labels.filter((label) => !own.has(label.toLowerCase()));
}

export function serves(scope: RunnerScope, repository: JobRequirement['repository']): boolean {
  switch (scope.kind) {
    case 'repository':
      return same(scope.owner, repository.owner) && same(scope.name, repository.name);
    case 'organization':
      return same(scope.name, repository.owner);
    case 'enterprise':
      return true;
  }
}

/** Before a scale set has taken a job, anybody may. */
const isOfScaleSet = (runner: RunnerFacts, { scaleSet }: JobRequirement): boolean =>
  (scaleSet ?? null) === null || runner.scaleSet === scaleSet;

const GROUP_PREFIX = /^(org|organization|ent|enterprise)\/(.+)$/i;

function groupParts(group: string): { level: 'organization' | 'enterprise' | null; name: string } {
  const [, prefix, name] = GROUP_PREFIX.exec(group) ?? [];
  if (prefix === undefined || name === undefined) return { level: null, name: group };
  return { level: prefix.toLowerCase().startsWith('org') ? 'organization' : 'enterprise', name };
}

function groupKey(group: string): string {
  const { level, name } = groupParts(group);
  return `${level ?? ''}/${name}`;
}

export function isInGroup(runner: RunnerFacts, group: string | null): boolean {
  if (group === null) return true;
  const { level, name } = groupParts(group);
  return same(runner.group, name) && (level === null || runner.scope.kind === level);
}
