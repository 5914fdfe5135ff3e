import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

  it('SEM-3.14: many stars on a hostile name take no exponential time', () => {
    const start = performance.now();
    expect(matches(`${'*a+'.repeat(60)}b`, 'a'.repeat(300))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
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
