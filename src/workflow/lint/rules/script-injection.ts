import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import { bringsUntrusted, textOf } from './untrusted-input.ts';

/** SEM-21.5: values are never parsed as expressions again, but a shell or Node reads the text that they are put into. */
export const scriptInjection: Rule = {
  id: 'script-injection',
  severity: 'error',
  summary: 'A script is put together from what a stranger can write, such as a title or the name of a branch.',
  hint: 'Put the value into `env` of the step, and read the variable in the script, as "$TITLE" in a shell.',
  check: (file) => file.expressions.flatMap((expression) => ofExpression(file, expression)),
};

function ofExpression(file: LintFile, expression: WrittenExpression): Found[] {
  const language = scriptOf(expression);
  if (!language) return [];
  return expression.references.filter(bringsUntrusted).map((reference) => ({
    place: placeOfReference(file, expression, reference),
    message: `${textOf(reference)} is put into the text of ${language}, and whoever writes it can run commands there.`,
  }));
}

/** What the expression becomes part of, if that is a script. */
function scriptOf({ path, job, step }: WrittenExpression): string | undefined {
  if (!job || step === undefined) return undefined;
  const [, , , , key, input] = path;
  if (key === 'run' && path.length === 5) return 'a script';
  const uses = job.steps[step]?.uses ?? '';
  const isGithubScript = /^actions\/github-script@/i.test(uses);
  return isGithubScript && key === 'with' && input?.toLowerCase() === 'script' ? 'a JavaScript program' : undefined;
}
