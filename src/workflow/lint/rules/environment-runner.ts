import { same } from '../../routing.ts';
import { type Demand, demandsIn, distinctDemands } from '../demands.ts';
import type { Found, Rule } from '../finding.ts';
import { perDemand } from '../remembered.ts';
import { asksForHosted, asksForSelfHosted, type LintRepository, type LintRunner } from '../repository.ts';
import { candidatesFor, kindsFor, listOf, type RunnerKind, whoTakes } from '../runner-kinds.ts';

/** SEM-13.4: what a runner is for shows in the environments of the jobs that ask for it. */
export const environmentRunner: Rule = {
  id: 'environment-runner',
  severity: 'error',
  summary: "A job could be taken by a runner that another environment's jobs ask for.",
  hint: 'Ask for a label that only the runners of its own environment have, or put a wall around the others.',
  check(file, repository) {
    return demandsIn(file, repository).flatMap((demand) => {
      const intrusions = intrusionsOf(demand, repository);
      const reserved = intrusions.filter(({ beyond }) => beyond.length > 0);
      const shared = intrusions.filter(({ beyond }) => beyond.length === 0);
      const found = reserved.map((intrusion) => intruding(demand, intrusion, kindsFor(demand, repository)));
      return shared.length > 0 ? [...found, sharing(demand, shared)] : found;
    });
  },
};

/** A job could get to the runners of another one. */
export interface Intrusion {
  /** A job of another environment; it asks for every label that the intruder asks for. */
  owner: Demand;
  /** Runners that both could get; empty when nobody said which runners there are. */
  runners: LintRunner[];
  /** Labels of the owner that the intruder does not ask for; empty: both ask for the same. */
  beyond: string[];
}

/** For a job with an environment, or for one without when the other asks for more. The first of each environment. */
export const intrusionsOf = perDemand((demand, repository): Intrusion[] => {
  const found = new Map<string, Intrusion>();
  for (const owner of distinctDemands(repository)) {
    const intrusion = intrusionInto(owner, demand, repository);
    const name = owner.environment?.toLowerCase() ?? '';
    if (intrusion && !found.has(name)) found.set(name, intrusion);
  }
  return [...found.values()];
});

function intrusionInto(owner: Demand, demand: Demand, repository: LintRepository): Intrusion | undefined {
  if (owner.environment === null || same(owner.environment, demand.environment ?? '')) return undefined;
  if (owner.group !== demand.group || isHosted(demand, repository)) return undefined;
  const asked = new Set(demand.labels.map((label) => label.toLowerCase()));
  const owned = new Set(owner.labels.map((label) => label.toLowerCase()));
  if (![...asked].every((label) => owned.has(label))) return undefined;
  const beyond = owner.labels.filter((label) => !asked.has(label.toLowerCase()));
  // Jobs without an environment may share what an environment's jobs do not keep for themselves.
  if (demand.environment === null && beyond.length === 0) return undefined;
  if (!repository.runners) return beyond.length > 0 ? { owner, runners: [], beyond } : undefined;
  // A wall may let only one of them in.
  const own = candidatesFor(demand, repository) ?? [];
  const shared = (candidatesFor(owner, repository) ?? []).filter((runner) => own.includes(runner));
  return shared.length > 0 ? { owner, runners: shared, beyond } : undefined;
}

/** Runners that GitHub hosts are nobody's. */
function isHosted({ labels }: Demand, { hasHostedRunners, runners }: LintRepository): boolean {
  if (!hasHostedRunners) return false;
  return asksForHosted(labels) || (runners === null && !asksForSelfHosted(labels));
}

function intruding(demand: Demand, { owner, runners, beyond }: Intrusion, kinds: RunnerKind[]): Found {
  const { place } = demand;
  if (runners.length === 0) {
    const where = `any runner with ${listOf(beyond)}, which ${named(owner)} asks for too`;
    return { place, message: `${subject(demand)}, so it can land on ${where}.`, severity: 'warning' };
  }
  const names = listOf(runners.map(({ name }) => name));
  const where = `${names}, meant for ${named(owner)}`;
  return { place, message: `${subject(demand)}, so it can land on ${where}. ${whoTakes(kinds)}` };
}

function sharing(demand: Demand, intrusions: Intrusion[]): Found {
  const owners = listOf(intrusions.map(({ owner }) => named(owner)));
  const names = listOf(intrusions.flatMap(({ runners }) => runners.map(({ name }) => name)));
  const message = `${subject(demand)}, exactly as ${owners}: they share ${names}.`;
  return { place: demand.place, message, severity: 'warning' };
}

const subject = ({ job, environment, labels }: Demand): string =>
  `The job ${job.key}, ${environment === null ? 'which has no environment' : `environment ${environment}`}, asks for ${labels.join(', ')}`;

const named = ({ job, file, environment }: Demand): string =>
  `${job.key} (${file.path}:${job.line}), environment ${environment}`;
