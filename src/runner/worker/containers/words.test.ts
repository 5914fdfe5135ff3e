import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWords } from './words.ts';

describe('splitWords', () => {
  it.each([
    ['--cpus 1', ['--cpus', '1']],
    ['  --a\n  --b  ', ['--a', '--b']],
    ['--health-cmd "pg_isready -U me" --x', ['--health-cmd', 'pg_isready -U me', '--x']],
    ['--health-cmd=\'a "b" \\c\'', ['--health-cmd=a "b" \\c']],
    ['"a \\" \\\\ \\n"', ['a " \\ \\n']],
    ['a\\ b', ['a b']],
    ['--a \\\n --b', ['--a', '--b']],
    ["''", ['']],
    ['', []],
  ])('SEM-14.1: splits %j as a shell does', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each(["'open", '"open', 'end\\'])('refuses %j, which has no end', (text) => {
    expect(() => splitWords(text)).toThrow('has no counterpart');
  });

  it('gives back any words that were quoted', () => {
    const quoted = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(words.map(quoted).join(' '))).toEqual(words);
      }),
    );
  });
});
