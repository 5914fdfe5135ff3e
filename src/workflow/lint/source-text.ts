/** The text of a file, to find words of a value in it: tokens know only where their value begins. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { walkTokens } from '../token-walk.ts';
import type { ObjectToken } from '../tokens.ts';
import type { SourcePlace } from './finding.ts';

/** No value that holds an expression is longer (SEM-1.9), but aliases may leave no end to be seen. */
const MAX_SEARCHED = 64 * 1024;

export class SourceText {
  readonly text: string;
  readonly lines: string[];
  /** Offsets at which lines begin. */
  readonly #starts: number[];
  /** Offsets at which values begin, ascending. */
  readonly #values: number[];

  /** @param root tokens of the file */
  constructor(text: string, root: TemplateToken) {
    this.text = text;
    this.lines = text.split(/\r?\n/);
    this.#starts = [0];
    for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1))
      this.#starts.push(index + 1);
    const offsets = [...walkTokens(root)].map(({ token }) => this.#offset(token.line ?? 1, token.col ?? 1));
    this.#values = [...new Set(offsets)].sort((a, b) => a - b);
  }

  /**
   * Place of the first match of a pattern within a value: inside its `${{ }}`, or anywhere when it has none.
   * @param pattern source of a regular expression; case does not count
   */
  findInExpression(token: ObjectToken, pattern: string): SourcePlace | undefined {
    return this.#find(token, pattern, (text, index) => !text.includes('${{') || isInExpression(text, index));
  }

  /** The same anywhere within a value. */
  findInValue(token: ObjectToken, pattern: string): SourcePlace | undefined {
    return this.#find(token, pattern, () => true);
  }

  #find(token: ObjectToken, pattern: string, fits: (text: string, index: number) => boolean): SourcePlace | undefined {
    const start = this.#offset(token.line ?? 1, token.col ?? 1);
    const text = this.text.slice(start, Math.min(this.#endOf(start), start + MAX_SEARCHED));
    for (const match of text.matchAll(new RegExp(pattern, 'gi'))) {
      if (fits(text, match.index)) return this.#place(start + match.index, match[0], token.line ?? 1);
    }
    return undefined;
  }

  /** The value ends where the next one begins. */
  #endOf(start: number): number {
    let [low, high] = [0, this.#values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#values[middle] ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    return this.#values[low] ?? this.text.length;
  }

  #offset(line: number, column: number): number {
    return (this.#starts[line - 1] ?? 0) + column - 1;
  }

  #place(offset: number, match: string, valueLine: number): SourcePlace {
    let line = valueLine;
    while ((this.#starts[line] ?? Number.POSITIVE_INFINITY) <= offset) line++;
    const column = offset - (this.#starts[line - 1] ?? 0) + 1;
    const isOneLine = !match.includes('\n');
    return { line, column, valueLine, ...(isOneLine && { endColumn: column + match.length }) };
  }
}

function isInExpression(text: string, index: number): boolean {
  const before = text.slice(0, index);
  return before.lastIndexOf('${{') > before.lastIndexOf('}}');
}
