/** What is wrong with the calls between the files of a repository (SEM-11). Calls that lead elsewhere are not followed. */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import { linkCalls } from '../calls.ts';
import type { CalledFile, Workflow, WorkflowOrigin } from '../model.ts';
import type { LintRepository } from './repository.ts';

export interface LinkedProblems {
  errors: SourceError[];
  warnings: SourceError[];
}

const known = new WeakMap<LintRepository, LinkedProblems>();

/** Of all files; each names the file that its place is in. */
export function linkedProblems(repository: LintRepository): LinkedProblems {
  const before = known.get(repository);
  if (before) return before;
  const files = new Map(repository.files.map(({ path, workflow }) => [path, workflow]));
  const linked = [...files.values()].map((workflow) => linkFrom(workflow, files, repository.isComplete));
  const problems = {
    errors: linked.flatMap(({ errors }) => errors),
    warnings: linked.flatMap(({ warnings }) => warnings),
  };
  known.set(repository, problems);
  return problems;
}

function linkFrom(workflow: Workflow, files: Map<string, Workflow>, isComplete: boolean): LinkedProblems {
  const fileOf = (each: Workflow): CalledFile => ({
    origin: originOf(each.path),
    workflow: isComplete ? withoutCallsElsewhere(each) : withoutCallsTo(each, (path) => !files.has(path)),
  });
  const loaded = new Map<string, CalledFile | { error: string }>();
  for (let asked = -1; asked !== loaded.size; ) {
    asked = loaded.size;
    const linked = linkCalls(fileOf(workflow), loaded);
    if (linked.missing.length === 0) return linked;
    for (const { key, path } of linked.missing) {
      const callee = files.get(path);
      loaded.set(key, callee ? fileOf(callee) : { error: 'workflow was not found.' });
    }
  }
  return { errors: [], warnings: [] };
}

const withoutCallsElsewhere = (workflow: Workflow): Workflow => withoutCallsTo(workflow, () => false);

/** Without the jobs that call files of other repositories, or those that `isUnknown` names. */
function withoutCallsTo(workflow: Workflow, isUnknown: (path: string) => boolean): Workflow {
  const jobs = workflow.jobs.filter(
    ({ call }) => !call || (call.reference.repository === null && !isUnknown(call.reference.path)),
  );
  return { ...workflow, jobs };
}

/** Names are never shown: all files are of one repository and commit. */
const originOf = (path: string): WorkflowOrigin => ({ repository: 'own/own', path, ref: 'own', sha: 'own' });
