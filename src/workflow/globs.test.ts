import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Effort } from '../common/effort.ts';
import { compileGlob, isIgnored, isIncluded } from './globs.ts';

const matches = (pattern: string, name: string): boolean => compileGlob(pattern).matches(name);

describe('the glob dialect', () => {
  it.each([
    ['feature/*', 'feature/a', true],
    ['feature/*', 'feature/a/b', false],
    ['feature/**', 'feature/a/b', true],
    ['*', 'main', true],
    ['*', 'a/b', false],
    ['**', 'a/b/c', true],
    ['**/README.md', 'README.md', true],
    ['**/README.md', 'a/b/README.md', true],
    ['**/README.md', 'xREADME.md', false],
    ['docs/**/*.md', 'docs/a.md', true],
    ['docs/**/*.md', 'docs/x/y/a.md', true],
    ['a**/b', 'ax/y/b', true],
    ['*.jsx?', 'page.js', true],
    ['*.jsx?', 'page.jsx', true],
    ['*.jsx?', 'page.jsxx', false],
    ['ab+', 'abbb', true],
    ['ab+', 'a', false],
    ['[CB]at', 'Bat', true],
    ['[CB]at', 'cat', false],
    ['[1-2]00', '200', true],
    ['[a-z0-9]+', 'ab3', true],
    ['v\\*', 'v*', true],
    ['v\\*', 'vx', false],
    ['a.b', 'axb', false],
    ['(a|b)', '(a|b)', true],
    ['Main', 'main', false],
    ['[service]-dev', 's-dev', true],
    ['[service]-dev', 'service-dev', false],
    ['*?x', 'aax', true],
  ])('SEM-3.4, 3.5, traps 2: %s on %s gives %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('SEM-3.7: the two worked tag patterns never both match', () => {
    const release = 'v[0-9]+.[0-9]+.[0-9]+';
    const beta = 'v[0-9]+.[0-9]+.[0-9]+-beta.[0-9]+';
    for (const tag of ['v1.0.0', 'v0.0.65', 'v10.20.30']) {
      expect([tag, matches(release, tag), matches(beta, tag)]).toEqual([tag, true, false]);
    }
    for (const tag of ['v1.0.0-beta.0', 'v0.0.65-beta.12']) {
      expect([tag, matches(release, tag), matches(beta, tag)]).toEqual([tag, false, true]);
    }
    for (const tag of ['v1.0', 'v1x0x0', '1.0.0', 'v1.0.0-beta', 'v1.0.0-beta.', 'v1.0.0-rc.0']) {
      expect([tag, matches(release, tag), matches(beta, tag)]).toEqual([tag, false, false]);
    }
  });

  it.each([
    '+a',
    '?',
    'a++',
    'a?+',
    '[ab',
    '[]',
    '[z-a]',
    '[a-]',
    '[a-Z]',
    '[!-/]',
    '!',
    '',
    'x'.repeat(1001),
  ])('SEM-3.6: refuses %s', (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(/^The pattern '.*' is invalid: /s);
  });

  it.each([
    ['*a+'.repeat(330), 'a'],
    ['*[a-m]?[b-z]?[c-x]?'.repeat(50), 'abcdefghijklmnopqrstuvwxyz'],
    ['a?'.repeat(500), 'a'],
    ['**/'.repeat(333), 'a/'],
  ])('SEM-3.14: %s on a hostile name takes steps, not ages', (pattern, part) => {
    const exceeded = () => new Error('exceeded');
    // A name this long is walked once; every character costs at most ten times the pattern.
    const name = part.repeat(4096 / part.length);
    const effort = new Effort(10 * 1000 * 4096 + 4096, exceeded);
    expect(() => compileGlob(pattern).matches(name, effort)).not.toThrow();
    expect(() => compileGlob(pattern).matches(name, new Effort(4000, exceeded))).toThrow('exceeded');
  });

  it('SEM-3.14: gives the same answers after it has forgotten what it knew', () => {
    const glob = compileGlob('*[a-m]?[b-z]+x');
    for (let number = 0; number < 5000; number++) {
      const name = `${number.toString(36)}ab${'x'.repeat(number % 3)}`;
      expect([name, glob.matches(name)]).toEqual([name, number % 3 > 0]);
    }
  });

  it('SEM-3.5: agrees with a slow reference on small patterns and names', { timeout: 30_000 }, () => {
    const token = fc.constantFrom('a', 'b', '.', '/', '*', '**', '**/', '[ab]', '[b-c.]', '\\*', 'é');
    const unit = fc.oneof(
      { weight: 3, arbitrary: token },
      fc.constantFrom('a?', 'b+', '[ab]+', '[a-c]?', '*?', '*+', '**+', '\\++', '.?'),
    );
    const pattern = fc.array(unit, { minLength: 1, maxLength: 6 }).map((units) => units.join(''));
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '/', '*', '+', 'é'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(name, { minLength: 1, maxLength: 20 }), (text, names) => {
        const glob = compileGlob(text);
        const expected = names.map((candidate) => [candidate, slowMatch(tokensOf(text), candidate)]);
        expect(names.map((candidate) => [candidate, glob.matches(candidate)])).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('SEM-3.5: plain names match themselves and nothing longer', () => {
    const plain = fc.string({
      unit: fc.constantFrom('a', 'Z', '.', '/', '-', '_', '$', '^', '(', '|', 'é', '😀'),
      minLength: 1,
    });
    fc.assert(
      fc.property(plain, (name) => {
        expect(matches(name, name)).toBe(true);
        expect(matches(name, `${name}x`)).toBe(false);
      }),
    );
  });
});

describe('lists of patterns', () => {
  const globs = (...patterns: string[]) => patterns.map(compileGlob);

  it('SEM-3.8: the last pattern that matches decides', () => {
    const list = globs('releases/**', '!releases/**-alpha', 'releases/9-alpha');
    expect(isIncluded(list, 'releases/10')).toBe(true);
    expect(isIncluded(list, 'releases/8-alpha')).toBe(false);
    expect(isIncluded(list, 'releases/9-alpha')).toBe(true);
  });

  it('SEM-3.8, trap 3: only negatives select nothing', () => {
    expect(isIncluded(globs('!main'), 'other')).toBe(false);
  });

  it('SEM-3.9: any pattern of an ignore list rejects, and ! flips that one', () => {
    expect(isIgnored(globs('docs/**', '*.md'), 'a.md')).toBe(true);
    expect(isIgnored(globs('docs/**'), 'src/a')).toBe(false);
    expect(isIgnored(globs('!src/**'), 'docs/a')).toBe(true);
    expect(isIgnored(globs('!src/**'), 'src/a')).toBe(false);
  });
});

/** Two stars and a slash where a segment begins, a star or two, a set, an escape, or a character; with a quantifier. */
const TOKEN = /(?:(?<=^|\/)\*\*\/|(?:\*\*|\*|\[[^\]]*\]|\\.|.)[?+]?)/gsu;

const tokensOf = (pattern: string): string[] => [...pattern.matchAll(TOKEN)].map(([token]) => token);

/** Tries everything, by the letter of SEM-3.5. */
function slowMatch([token, ...rest]: string[], name: string): boolean {
  if (token === undefined) return name === '';
  if (token === '**/')
    return everyCut(name).some((cut) => isFolders(name.slice(0, cut)) && slowMatch(rest, name.slice(cut)));
  const quantifier = /^..*[?+]$/su.test(token) && token !== '\\+' && token !== '\\?' ? token.slice(-1) : '';
  const base = quantifier ? token.slice(0, -1) : token;
  return everyCut(name).some((cut) => {
    return isRepeated(base, quantifier, name.slice(0, cut)) && slowMatch(rest, name.slice(cut));
  });
}

const everyCut = (name: string): number[] => Array.from({ length: name.length + 1 }, (_, index) => index);

const isFolders = (text: string): boolean => text === '' || text.endsWith('/');

function isRepeated(base: string, quantifier: string, text: string): boolean {
  if (base === '**') return true;
  if (base === '*') return !text.includes('/');
  const fits = [...text].every((character) => fitsOne(base, character));
  if (quantifier === '+') return fits && text.length > 0;
  return fits && (text.length === 1 || (quantifier === '?' && text.length === 0));
}

function fitsOne(base: string, character: string): boolean {
  if (base === '[ab]') return 'ab'.includes(character);
  if (base === '[a-c]') return 'abc'.includes(character);
  if (base === '[b-c.]') return 'bc.'.includes(character);
  return character === base.replace('\\', '');
}
