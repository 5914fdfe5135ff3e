/** Amounts as Kubernetes writes them: `1500m`, `2Gi`, `500M`. */
const FACTORS: Record<string, number> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Undefined for what is none, or is not more than nothing. */
export function parseQuantity(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  const factor = FACTORS[unit];
  if (digits === undefined || factor === undefined) return undefined;
  const amount = Number(digits) * factor;
  return amount > 0 ? amount : undefined;
}
