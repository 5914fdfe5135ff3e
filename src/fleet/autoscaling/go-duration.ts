/** Durations as Go and Kubernetes write them. */
const UNITS_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const NUMBER_AND_UNIT = '(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|µs|ms|s|m|h)';
const DURATION = new RegExp(`^([+-]?)(0|(?:${NUMBER_AND_UNIT})+)$`);

/** Milliseconds of a duration such as `1h30m`; undefined for a text that is none. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, amount = ''] = DURATION.exec(text) ?? [];
  if (sign === undefined) return undefined;
  let ms = 0;
  for (const [, number, unit = ''] of amount.matchAll(/([\d.]+)([a-zµ]+)/g))
    ms += Number(number) * (UNITS_MS[unit] ?? 0);
  return sign === '-' ? -ms : ms;
}
