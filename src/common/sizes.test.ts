import { expect, test } from 'vitest';
import { sizeText } from './sizes.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [20 * 1024 ** 2, '20 MiB'],
  [1024 ** 2 - 1, '1 MiB'],
  [5 * 1024 ** 4, '5 TiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
])('writes %i bytes as %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
