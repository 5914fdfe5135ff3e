import { expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

it('reads amounts as Kubernetes writes them, and nothing else', () => {
  const amounts = ['2', '1.5', '250m', '2Gi', '500M', '1k', '0', '-1', '2GB', 'Gi', '1e3', ''];
  expect(amounts.map(parseQuantity)).toEqual([
    2,
    1.5,
    0.25,
    2 * 2 ** 30,
    500e6,
    1000,
    ...Array.from({ length: 6 }, () => undefined),
  ]);
});
