/** Linking calls between files that lie side by side, as on disk; calls that lead to other repositories are not followed. */
import type { SourceError } from '../protocol/dashboard/index.ts';
import { type LoadedFiles, linkCalls } from './calls.ts';
import type { CalledFile, Workflow, WorkflowOrigin } from './model.ts';

export interface LocalCalls {
  /** What is wrong with calls, each in the file that its `file` names. */
  errors: SourceError[];
  warnings: SourceError[];
}

/**
 * @param files by path in the repository
 * @param isComplete no file of the repository is missing; otherwise calls of unknown files are not followed either
 */
export function linkLocalCalls(
  workflow: Workflow,
  files: ReadonlyMap<string, Workflow>,
  isComplete: boolean,
): LocalCalls {
  const fileOf = (each: Workflow): CalledFile => ({
    origin: originOf(each.path),
    workflow: onlyCallsTo(each, (path) => isComplete || files.has(path)),
  });
  const loaded = new Map<string, CalledFile | { error: string }>();
  for (;;) {
    const { missing, errors, warnings } = linkCalls(fileOf(workflow), loaded satisfies LoadedFiles);
    if (missing.length === 0) return { errors, warnings };
    for (const { key, path } of missing) {
      const callee = files.get(path);
      loaded.set(key, callee ? fileOf(callee) : { error: 'workflow was not found.' });
    }
  }
}

function onlyCallsTo(workflow: Workflow, follows: (path: string) => boolean): Workflow {
  const jobs = workflow.jobs.filter(({ call }) => {
    return !call || (call.reference.repository === null && follows(call.reference.path));
  });
  return { ...workflow, jobs };
}

/** Names are never shown: all files are of one repository and commit. */
const originOf = (path: string): WorkflowOrigin => ({ repository: 'own/own', path, ref: 'own', sha: 'own' });
