/**
 * THE label matcher: who may take a job, and for everyone else why not (SEM-13). Pure, and free of the workflow parser,
 * so that fleet and CLI can use it.
 */
import { type RunnerScope, scopeName } from '../protocol/github/runner-scope.ts';

export interface RunnerFacts {
  id: number;
  name: string;
  /** Never changed in place; another list takes its place. */
  labels: string[];
  group: string;
  scope: RunnerScope;
  online: boolean;
  busy: boolean;
}

export interface JobRequirement {
  labels: string[];
  /** Group that `runs-on` names, perhaps with a prefix such as `org/` (SEM-13.2). */
  group: string | null;
  repository: { owner: string; name: string };
}

export type Mismatch =
  | { kind: 'missing-labels'; labels: string[] }
  | { kind: 'other-group'; group: string }
  | { kind: 'out-of-scope'; scope: string };

/** Why the runner cannot take the job; empty when it may. Says nothing about online and busy. */
export function mismatches(requirement: JobRequirement, runner: RunnerFacts): Mismatch[] {
  const found: Mismatch[] = [];
  if (!serves(runner.scope, requirement.repository)) {
    found.push({ kind: 'out-of-scope', scope: scopeName(runner.scope) });
  }
  if (!isInGroup(runner, requirement.group)) found.push({ kind: 'other-group', group: runner.group });
  const labels = missingLabels(requirement, runner);
  if (labels.length > 0) found.push({ kind: 'missing-labels', labels });
  return found;
}

/** Whether `mismatches` is empty, without making the list: it is asked of every runner for every job. */
export function mayTake(requirement: JobRequirement, runner: RunnerFacts): boolean {
  const own = normalized(runner.labels);
  for (const label of normalized(requirement.labels)) if (!own.has(label)) return false;
  return serves(runner.scope, requirement.repository) && isInGroup(runner, requirement.group);
}

/** Labels of the runner that the job does not ask for. */
export function surplusLabels(requirement: JobRequirement, runner: RunnerFacts): number {
  return normalized(runner.labels).size - normalized(requirement.labels).size;
}

/**
 * Equal for two requirements exactly when every runner answers both alike.
 * The repository counts only by name, and case and order of labels do not count.
 */
export function labelSetKey({ labels, group, repository }: JobRequirement): string {
  const place = [repository.owner, repository.name, group === null ? null : groupKey(group)];
  return JSON.stringify([...place.map(lower), ...[...normalized(labels)].sort()]);
}

/** Of the runners that may take the job, the one with the fewest surplus labels (SEM-13.8); among equals the first. */
export function chooseRunner(requirement: JobRequirement, idle: Iterable<RunnerFacts>): RunnerFacts | undefined {
  let best: RunnerFacts | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const runner of idle) {
    const surplus = surplusLabels(requirement, runner);
    if (surplus >= fewest || !mayTake(requirement, runner)) continue;
    best = runner;
    fewest = surplus;
  }
  return best;
}

const lower = (text: string | null): string | null => text?.toLowerCase() ?? null;

/** Sets by the list they were made from: thousands of runners are compared with every job, and their lists never change. */
const sets = new WeakMap<string[], Set<string>>();

function normalized(labels: string[]): Set<string> {
  const known = sets.get(labels);
  if (known) return known;
  const set = new Set(labels.map((label) => label.toLowerCase()));
  sets.set(labels, set);
  return set;
}

function missingLabels(requirement: JobRequirement, runner: RunnerFacts): string[] {
  const own = normalized(runner.labels);
  return requirement.labels.filter((label) => !own.has(label.toLowerCase()));
}

function serves(scope: RunnerScope, repository: JobRequirement['repository']): boolean {
  switch (scope.kind) {
    case 'repository':
      return same(scope.owner, repository.owner) && same(scope.name, repository.name);
    case 'organization':
      return same(scope.name, repository.owner);
    case 'enterprise':
      return true;
  }
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

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

function isInGroup(runner: RunnerFacts, group: string | null): boolean {
  if (group === null) return true;
  const { level, name } = groupParts(group);
  return same(runner.group, name) && (level === null || runner.scope.kind === level);
}

/** Names that one sentence lists before it says "and N more". */
const LISTED = 5;

/** Why the job waits, in sentences for people, the most helpful first. */
export function describeWait(requirement: JobRequirement, runners: Iterable<RunnerFacts>): string[] {
  const all = [...runners];
  if (all.length === 0) return ['No runner is registered.'];
  const able = all.filter((runner) => mayTake(requirement, runner));
  return able.length > 0 ? describeAble(able) : describeUnable(requirement, all);
}

function describeAble(able: RunnerFacts[]): string[] {
  const online = able.filter(({ online }) => online);
  const idle = online.filter(({ busy }) => !busy);
  const busy = online.filter((runner) => runner.busy);
  const sentences: string[] = [];
  if (idle.length > 0) sentences.push(`${names(idle)} can take it and ${idle.length === 1 ? 'is' : 'are'} idle.`);
  else if (busy.length > 0) sentences.push(describeBusy(busy));
  for (const offline of able.filter((runner) => !runner.online).slice(0, LISTED)) {
    sentences.push(`${offline.name} could take it but is offline.`);
  }
  return sentences;
}

function describeBusy(busy: RunnerFacts[]): string {
  if (busy.length === 1) return `The only online runner that could take it is busy: ${names(busy)}.`;
  return `All ${busy.length} runners that could take it are busy: ${names(busy)}.`;
}

function describeUnable(requirement: JobRequirement, all: RunnerFacts[]): string[] {
  const inScope = all.filter(({ scope }) => serves(scope, requirement.repository));
  if (inScope.length === 0) {
    const { owner, name } = requirement.repository;
    return [`No runner serves ${owner}/${name}: ${names(all)} belong${all.length === 1 ? 's' : ''} elsewhere.`];
  }
  const inGroup = inScope.filter((runner) => isInGroup(runner, requirement.group));
  if (inGroup.length === 0) return [`No runner is in the group ${requirement.group}.`];
  return [...describeUnknownLabels(requirement, inGroup), ...describeNearest(requirement, inScope)];
}

function describeUnknownLabels({ labels }: JobRequirement, runners: RunnerFacts[]): string[] {
  const offered = normalized(runners.flatMap((runner) => runner.labels));
  const unknown = labels.filter((label) => !offered.has(label.toLowerCase()));
  if (unknown.length > 0) return unknown.map((label) => `No runner has the label ${label}.`);
  return [`No runner has all of the labels ${labels.join(', ')}.`];
}

/** The runners that lack least, unless they lack everything. */
function describeNearest(requirement: JobRequirement, runners: RunnerFacts[]): string[] {
  const lacking = runners.map((runner) => ({ runner, found: mismatches(requirement, runner) }));
  const cost = (found: Mismatch[]): number =>
    found.reduce((sum, mismatch) => sum + (mismatch.kind === 'missing-labels' ? mismatch.labels.length : 1), 0);
  const least = Math.min(...lacking.map(({ found }) => cost(found)));
  const nearest = lacking.filter(({ found }) => cost(found) === least);
  return nearest.slice(0, LISTED).flatMap(({ runner, found }) => describeLack(requirement, runner, found));
}

function describeLack(requirement: JobRequirement, runner: RunnerFacts, found: Mismatch[]): string[] {
  const missing = found.flatMap((mismatch) => (mismatch.kind === 'missing-labels' ? mismatch.labels : []));
  const otherGroup = found.some(({ kind }) => kind === 'other-group');
  if (missing.length === requirement.labels.length && missing.length > 0) return [];
  if (missing.length === 0) return [`${runner.name} has all labels but is in the group ${runner.group}.`];
  const group = otherGroup ? `, and is in the group ${runner.group}` : '';
  return [`${runner.name} has all labels but ${missing.join(', ')}${group}.`];
}

function names(runners: RunnerFacts[]): string {
  const shown = runners.slice(0, LISTED).map(({ name }) => name);
  const more = runners.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
