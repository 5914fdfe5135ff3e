import { type Demand, demandsIn, distinctDemands } from '../demands.ts';
import type { Found, Rule } from '../finding.ts';
import type { LintRepository } from '../repository.ts';
import { kindsFor, listOf, namesProduction, type RunnerKind, whoTakes } from '../runner-kinds.ts';
import { intrusionsOf } from './environment-runner.ts';

/**
 * The accident of two servers (SEM-13.4): a job goes to any runner whose labels include what it asks, so that a
 * deployment for development lands on production while the development runner is away.
 */
export const ambiguousRunner: Rule = {
  id: 'ambiguous-runner',
  severity: 'warning',
  summary: 'Runners of more than one kind could take a job: some have labels that it does not ask for.',
  hint: 'Ask for a label that only the intended runners have.',
  check(file, repository) {
    return demandsIn(file, repository).flatMap((demand) => {
      const kinds = kindsFor(demand, repository);
      // Then the finding about environments says it already.
      if (kinds.length < 2 || intrusionsOf(demand, repository).length > 0) return [];
      return [foundFor(demand, kinds, repository)];
    });
  },
};

function foundFor(demand: Demand, kinds: RunnerKind[], repository: LintRepository): Found {
  const { job, labels, group, place } = demand;
  const asked = [...labels, ...(group === null ? [] : [`group ${group}`])].join(', ');
  const message = `The job ${job.key} asks for ${asked}, which runners of ${kinds.length} kinds have. ${whoTakes(kinds)}`;
  const hint = hintFor(demand, kinds, repository);
  return { place, message, hint, ...(crossesProduction(demand, kinds) && { severity: 'error' as const }) };
}

/** It could run in production and elsewhere, or only in production without saying so. By words that leave no doubt. */
function crossesProduction({ labels, environment, job }: Demand, kinds: RunnerKind[]): boolean {
  if (labels.some(namesProduction)) return false;
  const inProduction = kinds.filter(({ surplus }) => surplus.some(namesProduction)).length;
  const isMeantTo = [environment ?? '', job.key].some(namesProduction);
  return inProduction > 0 && (inProduction < kinds.length || !isMeantTo);
}

function hintFor(demand: Demand, kinds: RunnerKind[], repository: LintRepository): string {
  const [fewest, ...others] = kinds;
  const theirs = listOf(others.flatMap(({ surplus }) => surplus));
  const names = listOf(others.flatMap(({ runners }) => runners.map(({ name }) => name)));
  const wall = `keep ${names} for jobs that ask for ${theirs} (switchyard wall)`;
  const wanted = new Set(others.flatMap(({ surplus }) => surplus.map((label) => label.toLowerCase())));
  const users = distinctDemands(repository).filter(
    ({ job, labels }) => job !== demand.job && labels.some((label) => wanted.has(label.toLowerCase())),
  );
  const reserved = users.length > 0 ? ` ${theirs} is what ${listOf(users.map(({ job }) => job.key))} asks for.` : '';
  const own = fewest?.surplus.length
    ? `Ask for ${listOf(fewest.surplus)} too`
    : `Give ${listOf(fewest?.runners.map(({ name }) => name) ?? [])} a label of its own and ask for it`;
  return `${own}, or ${wall}.${reserved}`;
}
