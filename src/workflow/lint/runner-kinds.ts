/** Which runners could take a job, grouped by what they have beyond what it asks for. */
import { mayTake } from '../routing.ts';
import { type Demand, requirementOf } from './demands.ts';
import { perDemand } from './remembered.ts';
import { asksForHosted, type LintRunner } from './repository.ts';

/** Runners that look the same to the job. */
export interface RunnerKind {
  /** Labels that tell it from the other kinds: the job does not ask for them, and not every kind has them. */
  surplus: string[];
  runners: LintRunner[];
}

/**
 * Runners that could take the job, online or not; `null` when that cannot be told: nobody said which runners there are,
 * or not in which groups, or the job goes to runners that GitHub hosts.
 */
export const candidatesFor = perDemand((demand, repository): LintRunner[] | null => {
  const { runners, hasHostedRunners } = repository;
  if (!runners || (hasHostedRunners && asksForHosted(demand.labels))) return null;
  if (demand.group !== null && runners.some(({ group }) => group === '')) return null;
  const requirement = requirementOf(demand, repository);
  return runners.filter((runner) => mayTake(requirement, runner));
});

/** Kinds of runners that could take the job, the one with the fewest surplus labels first. */
export const kindsFor = perDemand((demand, repository): RunnerKind[] => {
  const kinds = new Map<string, RunnerKind>();
  for (const runner of candidatesFor(demand, repository) ?? []) {
    const surplus = surplusOf(demand, runner);
    const key = surplus
      .map((label) => label.toLowerCase())
      .sort()
      .join('\n');
    const kind = kinds.get(key);
    if (kind) kind.runners.push(runner);
    else kinds.set(key, { surplus, runners: [runner] });
  }
  return withoutCommon([...kinds.values()]).sort((a, b) => a.surplus.length - b.surplus.length);
});

function withoutCommon(kinds: RunnerKind[]): RunnerKind[] {
  const sets = kinds.map(({ surplus }) => new Set(surplus.map((label) => label.toLowerCase())));
  return kinds.map(({ surplus, runners }) => ({
    surplus: surplus.filter((label) => !sets.every((set) => set.has(label.toLowerCase()))),
    runners,
  }));
}

/** `self-hosted` is on every runner, and its own name tells nothing of what a runner is for. */
function surplusOf({ labels }: Demand, runner: LintRunner): string[] {
  const asked = new Set([...labels, runner.name, 'self-hosted'].map((label) => label.toLowerCase()));
  return runner.labels.filter((label) => !asked.has(label.toLowerCase()));
}

/**
 * Where a job goes now, and where it goes while the runners with the fewest surplus labels are away: of idle runners those
 * are preferred (SEM-13.8); GitHub prefers none.
 */
export function whoTakes(kinds: RunnerKind[]): string {
  const online = onlyOnline(kinds);
  const [fewest, ...others] = kinds;
  if (!fewest || online.length === 0) {
    return `None of them is online; the first that comes takes it: ${kinds.map(nameOf).join(', or ')}.`;
  }
  const now = online.map(nameOf).join(', or to ');
  if (others.length === 0) return `It goes to ${nameOf(fewest)}.`;
  if (!fewest.runners.some((runner) => runner.online)) {
    return `${nameOf(fewest)} ${areOf(fewest)} offline, so now it goes to ${now}.`;
  }
  const next = others.map(nameOf).join(', or ');
  return `Now it can go to ${now}. While ${nameOf(fewest)} ${areOf(fewest)} offline or busy, it goes to ${next}.`;
}

const areOf = ({ runners }: RunnerKind): string => (runners.length === 1 ? 'is' : 'are');

const onlyOnline = (kinds: RunnerKind[]): RunnerKind[] =>
  kinds
    .map((kind) => ({ ...kind, runners: kind.runners.filter((runner) => runner.online) }))
    .filter(({ runners }) => runners.length > 0);

const nameOf = ({ surplus, runners }: RunnerKind): string => {
  const names = listOf(runners.map(({ name }) => name));
  return surplus.length > 0 ? `${names} (also ${listOf(surplus)})` : names;
};

const PRODUCTION = /(?:^|[-_./ ])(?:prod|prd|production|live)(?:$|[-_./ \d])/i;

/** The word says production without doubt: `api-prod`, `production`, `prod-1`; not `product`. */
export const namesProduction = (word: string): boolean => PRODUCTION.test(word);

const LISTED = 4;

/** `a, b and 3 more` */
export function listOf(names: string[]): string {
  const unique = [...new Set(names)];
  const shown = unique.slice(0, LISTED);
  const more = unique.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '');
}
