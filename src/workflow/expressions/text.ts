/** Text with `${{ }}` in it, turned into one expression (SEM-20.1, SEM-21.1). */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';

const OPEN = '${{';
const CLOSE = '}}';

/** The expression that a text stands for: exactly one `${{ e }}` is e, mixed text is a `format(…)` call. */
export interface CompiledText {
  expression: string;
  /** The text holds more than the one expression, so the value is always a string. */
  mixed: boolean;
}

/**
 * `undefined` when the text holds no expression.
 * @throws ExpressionError when an expression is not closed or empty
 */
export function compileText(text: string): CompiledText | undefined {
  if (!text.includes(OPEN)) return undefined;
  const expressions: string[] = [];
  let pattern = '';
  let position = 0;
  for (const { start, end, expression } of expressionsIn(text)) {
    if (expression === '') throw new ExpressionError('An expression was expected');
    pattern += `${literal(text.slice(position, start))}{${expressions.length}}`;
    expressions.push(expression);
    position = end;
  }
  pattern += literal(text.slice(position));
  const [only] = expressions;
  if (pattern === '{0}' && only !== undefined) return { expression: only, mixed: false };
  return { expression: `format('${pattern}', ${expressions.join(', ')})`, mixed: true };
}

/**
 * Every `${{ }}` of a text: where it stands, and what is between the marks.
 * @throws ExpressionError when one is not closed
 */
export function* expressionsIn(text: string): Generator<{ start: number; end: number; expression: string }> {
  let end = 0;
  for (let start = text.indexOf(OPEN); start >= 0; start = text.indexOf(OPEN, end)) {
    const close = endOfExpression(text, start);
    end = close + CLOSE.length;
    yield { start, end, expression: text.slice(start + OPEN.length, close).trim() };
  }
}

/** A text as a token of the job message: the plain string, or an expression. */
export function textToken(text: string): TemplateToken {
  const compiled = compileText(text);
  return compiled ? { type: 3, expr: compiled.expression } : text;
}

const literal = (text: string): string => text.replaceAll("'", "''").replaceAll('{', '{{').replaceAll('}', '}}');

/** Index of the `}}` that closes the expression; one inside a string literal does not. */
function endOfExpression(text: string, start: number): number {
  let inString = false;
  for (let index = start + OPEN.length; index < text.length; index++) {
    if (text[index] === "'") inString = !inString;
    else if (!inString && text.startsWith(CLOSE, index)) return index;
  }
  throw new ExpressionError('The expression is not closed. A ${{ was found, but no closing }}.');
}
