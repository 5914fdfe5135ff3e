import { expect, test } from 'vitest';
import { formatSize } from './size.ts';

test.each([
  [0, '0B'],
  [512, '512B'],
  [1_500_000, '1.5MB'],
  [2_000_000_000, '2GB'],
  [3_000_000_000_000, '3TB'],
])('writes %i bytes as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
