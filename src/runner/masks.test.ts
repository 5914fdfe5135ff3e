import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masks } from './masks.ts';

function masksOf(...values: string[]): Masks {
  const masks = new Masks();
  for (const value of values) masks.add(value);
  return masks;
}

describe('Masks', () => {
  it('hides a value wherever it stands, and nothing else', () => {
    expect(masksOf('hunter2').apply('hunter2 and hunter2, not hunter')).toBe('*** and ***, not hunter');
  });

  it('hides each line of a value, trimmed, and ignores empty ones (SEM-25.1)', () => {
    const masks = masksOf('first line\n\n  second line  \r\n', '', '   ');
    expect(masks.apply('first line|second line|  |')).toBe('***|***|  |');
  });

  it('merges overlapping and touching matches into one (SEM-25.3)', () => {
    expect(masksOf('abcd', 'cdef', 'gh').apply('xabcdefghx')).toBe('x***x');
  });

  it('prefers the longest coverage (SEM-25.3)', () => {
    expect(masksOf('pass', 'password').apply('password')).toBe('***');
  });

  it('hides a single character value', () => {
    expect(masksOf('7').apply('a7b')).toBe('a***b');
  });

  it.each([
    ['base64', Buffer.from('s3cret/"value').toString('base64')],
    ['JSON', JSON.stringify('s3cret/"value').slice(1, -1)],
    ['a URI', encodeURIComponent('s3cret/"value')],
    ['XML', 's3cret/&quot;value'],
  ])('hides the value written as %s (SEM-25.2)', (_name, encoded) => {
    expect(masksOf('s3cret/"value').apply(`<${encoded}>`)).toBe('<***>');
  });

  it('hides the middle of a value inside a longer base64 text, at every shift (SEM-25.2)', () => {
    const masks = masksOf('correct horse battery');
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const encoded = Buffer.from(`${before}correct horse battery staple`).toString('base64');
      expect(masks.apply(encoded)).toContain('***');
    }
  });

  it('hides PowerShell fragments around an ampersand from six characters on (SEM-25.2)', () => {
    expect(masksOf('longpart&ab').apply('longpart ab')).toBe('*** ab');
  });

  it('applies regular expressions of the job message, and ignores unreadable ones', () => {
    const masks = new Masks();
    masks.addPattern('key-\\d+');
    masks.addPattern('(?<broken');
    expect(masks.apply('a key-42 b')).toBe('a *** b');
  });

  it('never leaves a registered value in a text', () => {
    const word = fc
      .string({ minLength: 2, maxLength: 8 })
      .filter((text) => text.trim() === text && !/[*\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.array(fc.string()), (secrets, noise) => {
        const text = secrets.map((secret, index) => secret + (noise[index] ?? '')).join(' ');
        const masked = masksOf(...secrets).apply(text);
        for (const secret of secrets) expect(masked.replaceAll('***', '\u0000')).not.toContain(secret);
      }),
    );
  });

  it('cuts an endless line beside a value, never through it', () => {
    const masks = masksOf('SECRET');
    const text = `${'x'.repeat(8)}SECRET${'x'.repeat(2_000)}`;
    expect(masks.cutAt(text, 10)).toBe(14);
    expect(masks.cutAt(text, 5)).toBe(5);
    expect(masks.cutAt('x'.repeat(12), 10)).toBe(0);
  });
});
