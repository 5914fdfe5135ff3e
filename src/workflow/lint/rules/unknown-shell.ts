import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import { literalText, member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { placeOf } from '../lint-file.ts';

/** SEM-16.2 */
const SHELLS = ['bash', 'sh', 'python', 'pwsh', 'powershell', 'cmd'];

/** SEM-16.3 */
export const unknownShell: Rule = {
  id: 'unknown-shell',
  severity: 'error',
  summary: 'A `shell` is none that runners know, and no command with `{0}` for the script either.',
  hint: `Name one of ${SHELLS.join(', ')}, or give a command line with {0}, such as perl {0}.`,
  check({ workflow }) {
    const defaults = [workflow.defaults, ...workflow.jobs.map((job) => job.defaults)];
    const steps = workflow.jobs.flatMap((job) => job.steps.map(({ shell }) => shell));
    return [...defaults.map((token) => member(member(token, 'run'), 'shell')), ...steps].flatMap(ofShell);
  },
};

function ofShell(token: TemplateToken): Found[] {
  const shell = literalText(token);
  if (!shell || SHELLS.includes(shell.toLowerCase()) || shell.includes('{0}')) return [];
  return [{ place: placeOf(token), message: `There is no shell '${shell}', and it has no {0} for the script.` }];
}
