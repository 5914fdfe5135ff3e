import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import type { Reference } from '../../references.ts';
import { isAbsent, isExpression, isMappingToken, isSequenceToken, literalText, member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOfReference, type WrittenExpression } from '../lint-file.ts';
import { textOf } from './untrusted-input.ts';

/** SEM-10.2, 10.6, 10.11 */
export const unknownMatrix: Rule = {
  id: 'unknown-matrix',
  severity: 'error',
  summary: 'An expression reads a value that no combination of the matrix has, so it is always null.',
  hint: 'Name a vector of the matrix, or a key that `include` adds.',
  check: (file) =>
    file.expressions.flatMap((expression) => {
      const values = expression.references.filter(({ context }) => context === 'matrix');
      return values.flatMap((reference) => ofReference(file, expression, reference));
    }),
};

function ofReference(file: LintFile, expression: WrittenExpression, reference: Reference): Found[] {
  const [name] = reference.members;
  if (!expression.job || typeof name !== 'string' || name === '*') return [];
  const names = namesIn(expression.job.strategy);
  if (!names || names.some((known) => known.toLowerCase() === name.toLowerCase())) return [];
  const there =
    names.length > 0 ? `the matrix has only ${names.join(', ')}` : `the job ${expression.job.key} has no matrix`;
  const message = `${textOf(reference)} is always null: ${there}.`;
  const found = { place: placeOfReference(file, expression, reference), message };
  return [reference.mayBeNull ? { ...found, severity: 'warning' } : found];
}

/** Names that combinations can have; `undefined` when an expression decides. */
function namesIn(strategy: TemplateToken): string[] | undefined {
  if (isExpression(strategy)) return undefined;
  const matrix = member(strategy, 'matrix');
  if (isAbsent(matrix)) return [];
  const include = member(matrix, 'include');
  const items = isSequenceToken(include) ? include.seq : [include];
  const parts = [matrix, ...items.filter((item) => !isAbsent(item))];
  const keys = parts.map(keysOf);
  if (keys.some((names) => names === undefined)) return undefined;
  const names = keys.flatMap((some) => some ?? []).filter((name) => !/^(include|exclude)$/i.test(name));
  return [...new Set(names)];
}

function keysOf(token: TemplateToken): string[] | undefined {
  if (!isMappingToken(token)) return undefined;
  const keys = token.map.map(({ Key }) => literalText(Key));
  return keys.every((key) => key !== undefined) ? keys : undefined;
}
