import { type LocalCalls, linkLocalCalls } from '../local-calls.ts';
import { perRepository } from './remembered.ts';

/** What is wrong with the calls between the files of a repository (SEM-11): in which file, each says itself. */
export const linkedProblems = perRepository(({ files, isComplete }): LocalCalls => {
  const workflows = new Map(files.map(({ path, workflow }) => [path, workflow]));
  const linked = files.map(({ workflow }) => linkLocalCalls(workflow, workflows, isComplete));
  return {
    errors: linked.flatMap(({ errors }) => errors),
    warnings: linked.flatMap(({ warnings }) => warnings),
  };
});
