import { type LocalCalls, linkLocalCalls } from '../local-calls.ts';
import type { LintRepository } from './repository.ts';

const known = new WeakMap<LintRepository, LocalCalls>();

/** What is wrong with the calls between the files of a repository (SEM-11): which file, each says itself. */
export function linkedProblems(repository: LintRepository): LocalCalls {
  const before = known.get(repository);
  if (before) return before;
  const files = new Map(repository.files.map(({ path, workflow }) => [path, workflow]));
  const linked = [...files.values()].map((workflow) => linkLocalCalls(workflow, files, repository.isComplete));
  const problems = {
    errors: linked.flatMap(({ errors }) => errors),
    warnings: linked.flatMap(({ warnings }) => warnings),
  };
  known.set(repository, problems);
  return problems;
}
