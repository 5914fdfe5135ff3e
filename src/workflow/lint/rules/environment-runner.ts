import { type Demand, demandsIn, demandsOf } from '../demands.ts';
import type { Found, Rule } from '../finding.ts';
import { asksForHosted, asksForSelfHosted, type LintRepository, type LintRunner } from '../repository.ts';
import { candidatesFor, kindsFor, listOf, type RunnerKind, whoTakes } from '../runner-kinds.ts';

/** SEM-13.4: what a runner is for shows in the environments of the jobs that ask for it. */
export const environmentRunner: Rule = {
  id: 'environment-runner',
  severity: 'error',
  summary: "A job could be taken by a runner that another environment's jobs ask for.",
  hint: 'Ask for a label that only the runners of its own environment have, or put a wall around the others.',
  check(file, repository) {
    return demandsIn(file, repository).flatMap((demand) =>
      intrusionsOf(demand, repository).map((intrusion) => foundFor(demand, intrusion, kindsFor(demand, repository))),
    );
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
export function intrusionsOf(demand: Demand, repository: LintRepository): Intrusion[] {
  const found = new Map<string, Intrusion>();
  for (const owner of demandsOf(repository)) {
    const intrusion = intrusionInto(owner, demand, repository);
    const name = owner.environment?.toLowerCase() ?? '';
    if (intrusion && !found.has(name)) found.set(name, intrusion);
  }
  return [...found.values()];
}

function intrusionInto(owner: Demand, demand: Demand, repository: LintRepository): Intrusion | undefined {
  if (owner.environment === null || sameName(owner.environment, demand.environment)) return undefined;
  if (owner.group !== demand.group || isHosted(demand, repository)) return undefined;
  const asked = new Set(demand.labels.map((label) => label.toLowerCase()));
  const owned = new Set(owner.labels.map((label) => label.toLowerCase()));
  if (![...asked].every((label) => owned.has(label))) return undefined;
  const beyond = owner.labels.filter((label) => !asked.has(label.toLowerCase()));
  // Jobs without an environment may share what an environment's jobs do not keep for themselves.
  if (demand.environment === null && beyond.length === 0) return undefined;
  if (!repository.runners) return beyond.length > 0 ? { owner, runners: [], beyond } : undefined;
  const shared = candidatesFor(owner, repository) ?? [];
  return shared.length > 0 ? { owner, runners: shared, beyond } : undefined;
}

const sameName = (a: string, b: string | null): boolean => a.toLowerCase() === b?.toLowerCase();

/** Runners that GitHub hosts are nobody's. */
function isHosted({ labels }: Demand, { hasHostedRunners, runners }: LintRepository): boolean {
  if (!hasHostedRunners) return false;
  return asksForHosted(labels) || (runners === null && !asksForSelfHosted(labels));
}

function foundFor(demand: Demand, { owner, runners, beyond }: Intrusion, kinds: RunnerKind[]): Found {
  const { job, labels, environment, place } = demand;
  const own = environment === null ? 'which has no environment' : `environment ${environment}`;
  const other = `${owner.job.key} (${owner.file.path}:${owner.job.line}), environment ${owner.environment}`;
  const subject = `The job ${job.key}, ${own}, asks for ${labels.join(', ')}`;
  const names = listOf(runners.map(({ name }) => name));
  if (beyond.length === 0) {
    return { place, message: `${subject}, exactly as ${other}: both run on ${names}.`, severity: 'warning' };
  }
  if (runners.length === 0) {
    const message = `${subject}, so it can land on any runner with ${listOf(beyond)}, which ${other} asks for too.`;
    return { place, message, severity: 'warning' };
  }
  return { place, message: `${subject}, so it can land on ${names}, meant for ${other}. ${whoTakes(kinds)}` };
}
