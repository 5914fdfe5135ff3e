/** What is worked out once and asked for by many rules and jobs. */
import type { Demand } from './demands.ts';
import type { LintRepository } from './repository.ts';

/** Once for each repository. */
export function perRepository<T>(make: (repository: LintRepository) => T): (repository: LintRepository) => T {
  const known = new WeakMap<LintRepository, T>();
  return (repository) => {
    if (!known.has(repository)) known.set(repository, make(repository));
    return known.get(repository) as T;
  };
}

/** Once for all jobs of a file that ask for the same. */
export function perDemand<T>(
  make: (demand: Demand, repository: LintRepository) => T,
): (demand: Demand, repository: LintRepository) => T {
  const known = perRepository(() => new Map<string, T>());
  return (demand, repository) => {
    const values = known(repository);
    if (!values.has(demand.signature)) values.set(demand.signature, make(demand, repository));
    return values.get(demand.signature) as T;
  };
}
