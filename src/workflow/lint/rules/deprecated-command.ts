import { isExpression, isObjectToken, literalText } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOf } from '../lint-file.ts';

/** SEM-23.3. A command stands in text that is printed: `::set-output name=x::y`. */
const COMMAND = /::(set-output|save-state|set-env|add-path)(?=[ :])/g;

const REPLACEMENTS: Record<string, string> = {
  'set-output': 'echo "name=value" >> "$GITHUB_OUTPUT"',
  'save-state': 'echo "name=value" >> "$GITHUB_STATE"',
  'set-env': 'echo "NAME=value" >> "$GITHUB_ENV"',
  'add-path': 'echo "/folder" >> "$GITHUB_PATH"',
};

export const deprecatedCommand: Rule = {
  id: 'deprecated-command',
  severity: 'warning',
  summary: 'A script uses a workflow command that has been replaced by a file, or is refused.',
  hint: 'Write to the file that took its place.',
  check: (file) => file.workflow.jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => ofScript(file, run ?? null))),
};

function ofScript(file: LintFile, run: Parameters<typeof literalText>[0]): Found[] {
  const text = isExpression(run) ? run.expr : (literalText(run) ?? '');
  const commands = new Set([...text.matchAll(COMMAND)].map(([, command = '']) => command));
  return [...commands].map((command) => {
    const isRefused = command === 'set-env' || command === 'add-path';
    const verdict = isRefused ? 'is refused by runners' : 'is deprecated';
    return {
      place: (isObjectToken(run) && file.source.findInValue(run, `::${command}(?=[ :])`)) || placeOf(run),
      message: `The workflow command ::${command} ${verdict}.`,
      hint: `Write ${REPLACEMENTS[command]}`,
      ...(isRefused && { severity: 'error' as const }),
    };
  });
}
