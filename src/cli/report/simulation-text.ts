/** A simulation for people: the numbers side by side, and how each pool went. */
import { twoClocks } from '../../common/two-clocks.ts';
import { type Point, type SimulatedPolicy, type SimulationReport, timeSeries } from '../../fleet/simulate/index.ts';
import { durationText, safeText, table } from '../terminal/format.ts';
import { sizeOf, type Terminal } from '../terminal/terminal.ts';

const ROWS: [string, (report: SimulationReport) => string][] = [
  ['jobs', ({ jobs }) => String(jobs)],
  ['never ran', ({ neverRan }) => (neverRan === 0 ? '' : String(neverRan))],
  ['wait of half the jobs', ({ queueSeconds }) => wait(queueSeconds.p50)],
  ['of 9 in 10', ({ queueSeconds }) => wait(queueSeconds.p90)],
  ['of 95 in 100', ({ queueSeconds }) => wait(queueSeconds.p95)],
  ['of 99 in 100', ({ queueSeconds }) => wait(queueSeconds.p99)],
  ['the longest', ({ queueSeconds }) => wait(queueSeconds.max)],
  ['runner-minutes', ({ runnerMinutes }) => runnerMinutes.toFixed(0)],
  ['of them with a job', ({ runnerMinutes, busyMinutes }) => share(busyMinutes, runnerMinutes)],
  ['starts', ({ starts }) => String(starts)],
  ['cost', ({ cost }) => cost?.toFixed(2) ?? ''],
];

const wait = (seconds: number): string => durationText(seconds * 1_000);
const share = (part: number, whole: number): string =>
  whole === 0 ? '' : `${part.toFixed(0)} (${((part / whole) * 100).toFixed(0)} %)`;

/** @param timeZone of the reader; left out: this machine's */
export function simulationLines(policies: readonly SimulatedPolicy[], terminal: Terminal, timeZone?: string): string[] {
  const shown = ROWS.filter(([, show]) => policies.some(({ report }) => show(report) !== ''));
  const rows = shown.map(([what, show]) => [what, ...policies.map(({ report }) => show(report))]);
  const names = policies.map(({ name }) => safeText(name));
  return [
    ...table(['', ...names], rows),
    ...policies.flatMap((policy) => ['', ...policyLines(policy, terminal, timeZone)]),
    ...nobodysLines(policies),
  ];
}

function policyLines({ name, simulation }: SimulatedPolicy, { out, colors }: Terminal, timeZone?: string): string[] {
  const { startMs, endMs, pools } = simulation;
  const width = Math.max(20, Math.min(100, sizeOf(out).columns - 24));
  const title = `${safeText(name)}, ${twoClocks(startMs, timeZone)} to ${twoClocks(endMs, timeZone)}`;
  const lines = pools.flatMap(({ pool, samples, changes }) => {
    const points = timeSeries(samples, startMs, endMs, width);
    return [
      `  ${colors.bold(safeText(pool.name))}: ${changes.length} changes of the number of runners`,
      ...series('waiting jobs', points, ({ queued }) => queued),
      ...series('runners', points, ({ runners }) => runners),
      ...series('with a job', points, ({ busy }) => busy),
    ];
  });
  return [title, ...lines];
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** A line of bars; its height is that of the largest value, which is named. */
function series(what: string, points: Point[], numberOf: (point: Point) => number): string[] {
  const most = Math.max(0, ...points.map(numberOf));
  const bar = (value: number): string => BARS[value === 0 ? 0 : Math.max(1, Math.round((value / most) * 8))] ?? ' ';
  const chart = points.map((point) => bar(most === 0 ? 0 : numberOf(point))).join('');
  return [`    ${what.padEnd(12)} ${String(most).padStart(4)} ${chart}`];
}

function nobodysLines(policies: readonly SimulatedPolicy[]): string[] {
  return policies.flatMap(({ name, report }) =>
    report.nobodys.map(
      ({ labels, jobs }) =>
        `${safeText(name)}: no pool has all the labels ${safeText(labels)}, which ${jobs} jobs ask for.`,
    ),
  );
}
