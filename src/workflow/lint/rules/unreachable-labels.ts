import { describeWait } from '../../routing.ts';
import { demandsIn, requirementOf } from '../demands.ts';
import type { Found, Rule } from '../finding.ts';
import { asksForSelfHosted } from '../repository.ts';
import { candidatesFor } from '../runner-kinds.ts';

/** SEM-13.2. Without `self-hosted` the labels may be those of larger runners that GitHub hosts: then it is a warning. */
export const unreachableLabels: Rule = {
  id: 'unreachable-labels',
  severity: 'error',
  summary: 'No runner has the labels, or is in the group, that a job asks for, so it waits until it is given up.',
  hint: 'Ask for labels that a runner has, or give them to a runner.',
  check(file, repository) {
    const { runners, hasHostedRunners } = repository;
    return demandsIn(file, repository).flatMap((demand): Found[] => {
      const { job, labels, group, place } = demand;
      if (!runners || candidatesFor(demand, repository)?.length !== 0) return [];
      const asked = [...labels, ...(group === null ? [] : [`the group ${group}`])].join(', ');
      const message = `No runner can take the job ${job.key} (${asked}). ${describeWait(requirementOf(demand, repository), runners).join(' ')}`;
      const isCertain = !hasHostedRunners || asksForSelfHosted(labels);
      return [{ place, message, ...(!isCertain && { severity: 'warning' as const }) }];
    });
  },
};
