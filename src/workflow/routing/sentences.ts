/** Why a job waits, and why a runner got it, in sentences for people. */
import { type JobRequirement, normalized, type RunnerFacts, type Wall } from './facts.ts';
import { isInGroup, type Mismatch, mayTake, mismatches, serves } from './matcher.ts';
import { describeOpenings, isEmpty, openingFor } from './walls.ts';

/** Names that one sentence lists before it says "and N more". */
const LISTED = 5;

/**
 * Why the job waits, the most helpful first.
 * @param scaleSets as their runners would be; `online` where somebody listens for the set
 */
export function describeWait(
  requirement: JobRequirement,
  runners: Iterable<RunnerFacts>,
  scaleSets: RunnerFacts[] = [],
): string[] {
  const all = [...runners];
  const sets = describeScaleSets(requirement, scaleSets);
  if (sets.length > 0) return [...describeAble(all.filter((runner) => mayTake(requirement, runner))), ...sets];
  if (all.length === 0) return ['No runner is registered.'];
  const able = all.filter((runner) => mayTake(requirement, runner));
  const isIdle = able.some(({ online, busy }) => online && !busy);
  const walls = isIdle ? [] : describeWalls(requirement, all);
  if (able.length > 0) return [...describeAble(able), ...walls];
  return walls.length > 0 ? walls : describeUnable(requirement, all);
}

/** The set that has taken the job, or those that could. */
function describeScaleSets(requirement: JobRequirement, scaleSets: RunnerFacts[]): string[] {
  const able = scaleSets.filter((set) => mayTake(requirement, set));
  const isTaken = (requirement.scaleSet ?? null) !== null;
  return able.map(({ name, online }) => {
    if (!online) return `Nobody listens for the scale set ${name}, which ${isTaken ? 'has taken' : 'could take'} it.`;
    return isTaken
      ? `The scale set ${name} has taken it and is to start a runner for it.`
      : `The scale set ${name} has been told of it and may start a runner for it.`;
  });
}

/** Why the runner got the job, who else could have, and who could not for a wall alone. */
export function describeOffer(requirement: JobRequirement, chosen: RunnerFacts, all: RunnerFacts[]): string {
  const { labels, group } = requirement;
  const fit = labels.length > 0 ? `has every label it asks for (${labels.join(', ')})` : `is in the group ${group}`;
  const others = all.filter((other) => other.id !== chosen.id && mayTake(requirement, other));
  const state = ({ name, online, busy }: RunnerFacts): string =>
    `${name} (${online ? (busy ? 'busy' : 'idle') : 'offline'})`;
  const rest =
    others.length === 0
      ? 'No other runner could have taken it.'
      : `Others that could have taken it: ${listed(others.map(state))}.`;
  const walled = behindWalls(requirement, all).map(({ runner }) => runner.name);
  const kept = walled.length > 0 ? ` Kept out by a wall: ${listed([...new Set(walled)])}.` : '';
  return `Offered to ${chosen.name}, which ${fit}.${passages(requirement, chosen)} ${rest}${kept}`;
}

/** How the job got through the walls of the runner that has it. */
function passages(requirement: JobRequirement, { wall, groupWall, group }: RunnerFacts): string {
  return (
    describePassage(requirement, wall, 'Its wall') + describePassage(requirement, groupWall, `The wall of ${group}`)
  );
}

function describePassage(requirement: JobRequirement, wall: Wall | null, whose: string): string {
  const opening = wall && openingFor(wall, requirement);
  return opening ? ` ${whose} lets it in for the ${opening.kind} ${opening.name}.` : '';
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

type WallMismatch = Extract<Mismatch, { kind: 'wall' }>;

/** The walls that keep the job from runners which could take it otherwise. */
function behindWalls(requirement: JobRequirement, all: RunnerFacts[]): { runner: RunnerFacts; found: WallMismatch }[] {
  return all
    .filter(({ wall, groupWall }) => [wall, groupWall].some((one) => one !== null && !isEmpty(one)))
    .flatMap((runner) => {
      const found = mismatches(requirement, runner);
      const walls = found.filter((mismatch) => mismatch.kind === 'wall');
      return walls.length === found.length ? walls.map((wall) => ({ runner, found: wall })) : [];
    });
}

/** One sentence for all runners behind the same wall. */
function describeWalls(requirement: JobRequirement, all: RunnerFacts[]): string[] {
  const byWall = new Map<string, { runners: RunnerFacts[]; found: WallMismatch }>();
  for (const { runner, found } of behindWalls(requirement, all)) {
    const key = JSON.stringify([found, found.of === 'group' ? runner.group : null]);
    const known = byWall.get(key);
    if (known) known.runners.push(runner);
    else byWall.set(key, { runners: [runner], found });
  }
  return [...byWall.values()].slice(0, LISTED).map(({ runners, found }) => describeWall(runners, found));
}

function describeWall(runners: RunnerFacts[], { of, wall }: WallMismatch): string {
  const isOne = runners.length === 1;
  const [first] = runners;
  const stands = `behind a wall: a job must ${describeOpenings(wall)}.`;
  if (of === 'runner') return `${names(runners)} ${isOne ? 'stands' : 'stand'} ${stands}`;
  return `${names(runners)} ${isOne ? 'is' : 'are'} in the group ${first?.group}, which stands ${stands}`;
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
  if (missing.length === requirement.labels.length && missing.length > 0) return [];
  const group = found.some(({ kind }) => kind === 'other-group') ? [`is in the group ${runner.group}`] : [];
  const wall = found.some(({ kind }) => kind === 'wall') ? ['stands behind a wall'] : [];
  const besides = [...group, ...wall].join(' and ');
  if (missing.length === 0) return [`${runner.name} has all labels but ${besides}.`];
  return [`${runner.name} has all labels but ${missing.join(', ')}${besides === '' ? '' : `, and ${besides}`}.`];
}

const names = (runners: RunnerFacts[]): string => listed(runners.map(({ name }) => name));

function listed(texts: string[]): string {
  const shown = texts.slice(0, LISTED).join(', ');
  return texts.length > LISTED ? `${shown} and ${texts.length - LISTED} more` : shown;
}
