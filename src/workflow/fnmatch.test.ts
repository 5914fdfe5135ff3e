import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spentMs } from '../../test/support/thread-time.ts';
import { matchesRefPattern } from './fnmatch.ts';

describe('matchesRefPattern (SEM-12.3)', () => {
  it.each([
    ['main', 'main', true],
    ['main', 'Main', false],
    ['main', 'maintenance', false],
    ['*', 'main', true],
    ['*', 'release/1', false],
    ['release/*', 'release/1.2', true],
    ['release/*', 'release/1/2', false],
    ['release/*/*', 'release/1/2', true],
    ['*/*', 'a/b', true],
    ['v*', 'v1.2.3', true],
    ['v?.?', 'v1.2', true],
    ['v?.?', 'v1.23', false],
    ['?', '/', false],
    ['*rel*se*', 'prerelease-x', true],
    ['*a*b', 'aXbXaX', false],
    ['**/hotfix', 'hotfix', true],
    ['**/hotfix', 'a/b/hotfix', true],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['a/**', 'a/b', true],
    ['a/**', 'a/b/c', false],
    ['**/**/z', 'z', true],
    ['refs/pull/*/merge', 'refs/pull/7/merge', true],
    ['v[0-9]', 'v7', true],
    ['v[0-9]', 'vx', false],
    ['v[^0-9]', 'vx', true],
    ['v[!0-9x]', 'vx', false],
    ['[a-]', '-', true],
    ['[a\\-z]', 'c', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['[ab', '[ab', false],
    ['[0-9]', '-', false],
    ['[a-cx-z]', 'y', true],
    ['[\\]]', ']', true],
    ['*🔑?', 'a🔑🔑', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matchesRefPattern(pattern, name)).toBe(expected);
  });

  it('agrees with a regular expression for patterns of names, `*`, `?` and `**/`', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?', '/', '/**/', '**/'), { maxLength: 8 });
    const name = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, name, (pieces, characters) => {
        // Empty parts are in no ref name.
        const [text, ref] = [pieces.join(''), characters.join('')].map((one) => one.replace(/\/+/g, '/'));
        expect(matchesRefPattern(text ?? '', ref ?? '')).toBe(slowly(text ?? '').test(ref ?? ''));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no longer for a pattern that is made to be slow', () => {
    const started = spentMs();
    expect(matchesRefPattern(`${'*a'.repeat(120)}b`, 'a'.repeat(1_000))).toBe(false);
    expect(matchesRefPattern(`${'**/'.repeat(80)}b`, 'a/'.repeat(500))).toBe(false);
    expect(spentMs() - started).toBeLessThan(1_000);
  });
});

function slowly(pattern: string): RegExp {
  const parts = pattern.split('/');
  const source = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === '**' && !isLast) return '(?:[^/]*/)*';
    return part.replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]') + (isLast ? '' : '/');
  });
  return new RegExp(`^${source.join('')}$`);
}
