import { describe, expect, it } from 'vitest';
import { ageText, cut, durationText, pad, safeText, table } from './format.ts';

describe('texts in the terminal', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1000, '1.0s'],
    [59_949, '59.9s'],
    [59_950, '1m 00s'],
    [65_000, '1m 05s'],
    [3_599_400, '59m 59s'],
    [3_600_000, '1h 00m'],
    [-5, '0ms'],
  ])('says %d ms as %s', (ms, text) => expect(durationText(ms)).toBe(text));

  it.each([
    [5000, '5s'],
    [119_000, '119s'],
    [180_000, '3m'],
    [7_200_000, '2h'],
    [4 * 86_400_000, '4d'],
  ])('says an age of %d ms as %s', (ms, text) => expect(ageText(ms)).toBe(text));

  it('counts Korean letters as two cells when it pads and cuts', () => {
    expect(pad('한글', 6)).toBe('한글  ');
    expect(cut('한글한글', 5)).toBe('한글…');
    expect(cut('short', 5)).toBe('short');
  });

  it('lines columns up and ends lines without spaces', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['xyz', ''],
          ['q', 'r'],
        ],
      ),
    ).toEqual(['A    LONG', 'xyz', 'q    r']);
  });

  it('keeps colours and takes out every other control sequence', () => {
    expect(safeText('\x1b[31mred\x1b[0m')).toBe('\x1b[31mred\x1b[0m');
    expect(safeText('a\x1b[2Jb\x1b[10;1Hc')).toBe('abc');
    expect(safeText('\x1b]0;title\x07text\x1b]52;c;ZXZpbA==\x1b\\!')).toBe('text!');
    expect(safeText('over\rwrite\x08\x07')).toBe('overwrite');
    expect(safeText('\x1bcreset')).toBe('reset');
  });
});
