import { UserError } from '../../../common/errors.ts';

const PIECE = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\s+)|(['"\\])|([^\s'"\\]+)/g;

/**
 * Splits as a POSIX shell does, without its expansions: `--health-cmd "pg_isready -U me"` is two words.
 * @throws UserError `bad-container` for a quote that is not closed
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, escaped, single, double, space, stray, plain] of text.matchAll(PIECE)) {
    if (stray !== undefined) throw new UserError('bad-container', `A ${stray} has no counterpart in: ${text}`);
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (escaped === '\n') {
      // A line that goes on.
    } else {
      word = (word ?? '') + (escaped ?? single ?? plain ?? unescaped(double ?? ''));
    }
  }
  return word === undefined ? words : [...words, word];
}

/** In double quotes a backslash only protects these. */
const unescaped = (text: string): string =>
  text.replace(/\\(["\\$`\n])/g, (_, char: string) => (char === '\n' ? '' : char));
