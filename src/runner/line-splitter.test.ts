import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';
import { Masks } from './masks.ts';

function split(splitter: LineSplitter, ...chunks: (string | Buffer)[]): string[] {
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

describe('LineSplitter', () => {
  it('gives complete lines, and the last one at the end (SEM-16.7)', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('one\r\ntw'))).toEqual(['one']);
    expect(splitter.push(Buffer.from('o\n\nthr'))).toEqual(['two', '']);
    expect(splitter.end()).toEqual(['thr']);
  });

  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(40)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const chunks = [];
        let at = 0;
        for (const size of cuts) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(split(new LineSplitter(), ...chunks)).toEqual(split(new LineSplitter(), text));
      }),
    );
  });

  it('replaces bytes that are not UTF-8', () => {
    expect(split(new LineSplitter(), Buffer.from([0x61, 0xff, 0x62, 0x0a]))).toEqual(['a\uFFFDb']);
  });

  it('cuts an endless line into pieces and keeps a masked value whole', () => {
    const masks = new Masks();
    masks.add('SECRETVALUE');
    const splitter = new LineSplitter((text, limit) => masks.cutAt(text, limit), 64);
    const text = `${'ab'.repeat(29)}SECRETVALUE${'cd'.repeat(300)}`;
    const pieces = [...text].flatMap((character) => splitter.push(Buffer.from(character)));
    const lines = [...pieces, ...splitter.end()];
    expect(lines.join('')).toBe(text);
    expect(lines.some((line) => line.includes('SECRETVALUE'))).toBe(true);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  });
});
