import { UserError } from '../../../common/errors.ts';
import { compileGlob } from '../../globs.ts';
import { isSequenceToken, literalText, member } from '../../tokens.ts';
import type { Rule } from '../finding.ts';
import { placeOf } from '../lint-file.ts';

/** SEM-2.10. The names are patterns: `C/C\+\+` means C/C++. */
export const unknownWorkflow: Rule = {
  id: 'unknown-workflow',
  severity: 'warning',
  summary: 'A `workflow_run` waits for a workflow that the repository does not have.',
  hint: 'Write the `name` of the workflow as its file has it; without one, the path of the file.',
  check({ root }, { files, isComplete }) {
    if (!isComplete) return [];
    const names = files.map(({ workflow }) => workflow.name);
    const wanted = member(member(member(root, 'on'), 'workflow_run'), 'workflows');
    return (isSequenceToken(wanted) ? wanted.seq : [wanted]).flatMap((token) => {
      const name = literalText(token);
      if (!name || names.some((known) => known === name || fits(name, known))) return [];
      return [{ place: placeOf(token), message: `No workflow of the repository has the name '${name}'.` }];
    });
  },
};

function fits(pattern: string, name: string): boolean {
  try {
    return compileGlob(pattern).matches(name);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
