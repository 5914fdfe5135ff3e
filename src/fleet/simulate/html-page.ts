/** One file to look at or to send on: no script, no outside address, light and dark. */
import { twoClocks } from '../../common/two-clocks.ts';
import type { SimulationReport } from './report.ts';
import type { Simulation } from './simulation.ts';
import { type Point, timeSeries } from './time-series.ts';

export interface SimulatedPolicy {
  /** As the user named it, such as the file. */
  name: string;
  simulation: Simulation;
  report: SimulationReport;
}

const WIDTH = 960;
const HEIGHT = 200;
const POINTS = 240;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: right; }
td:first-child, th:first-child { text-align: left; }
svg { width: 100%; height: auto; border-bottom: 1px solid currentColor; }
.queued { fill: #e3742f55; } .runners { fill: none; stroke: #3b7dd8; stroke-width: 1.5; }
.busy { fill: #3b7dd855; } .desired { fill: none; stroke: #2c974b; stroke-dasharray: 4 3; }
figcaption span { margin-right: 1.2rem; white-space: nowrap; } i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; }
`;

/** @param timeZone of the reader; left out: this machine's */
export function htmlPage(policies: readonly SimulatedPolicy[], timeZone?: string): string {
  const title = `Simulation of ${policies.map(({ name }) => name).join(' and ')}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${table(policies)}
${policies.map((policy) => section(policy, timeZone)).join('\n')}
</html>
`;
}

function table(policies: readonly SimulatedPolicy[]): string {
  const rows: [string, (report: SimulationReport) => string][] = [
    ['Jobs', ({ jobs }) => String(jobs)],
    ['Never ran', ({ neverRan }) => String(neverRan)],
    ['Wait, half of the jobs (s)', ({ queueSeconds }) => queueSeconds.p50.toFixed(1)],
    ['Wait, 95 in 100 (s)', ({ queueSeconds }) => queueSeconds.p95.toFixed(1)],
    ['Wait, the longest (s)', ({ queueSeconds }) => queueSeconds.max.toFixed(1)],
    ['Runner-minutes', ({ runnerMinutes }) => runnerMinutes.toFixed(0)],
    ['of them with a job', ({ busyMinutes }) => busyMinutes.toFixed(0)],
    ['Starts', ({ starts }) => String(starts)],
    ['Cost', ({ cost }) => cost?.toFixed(2) ?? ''],
  ];
  const head = policies.map(({ name }) => `<th>${escaped(name)}</th>`).join('');
  const body = rows
    .filter(([, show]) => policies.some(({ report }) => show(report) !== ''))
    .map(
      ([what, show]) => `<tr><td>${what}</td>${policies.map(({ report }) => `<td>${show(report)}</td>`).join('')}</tr>`,
    );
  return `<table><tr><th></th>${head}</tr>${body.join('\n')}</table>`;
}

function section({ name, simulation }: SimulatedPolicy, timeZone: string | undefined): string {
  const { startMs, endMs, pools } = simulation;
  const figures = pools.map(({ pool, samples }) => {
    const points = timeSeries(samples, startMs, endMs, POINTS);
    return `<h3>${escaped(pool.name)}</h3><figure>${chart(points)}${legend(points, simulation, timeZone)}</figure>`;
  });
  return `<h2>${escaped(name)}</h2>${figures.join('\n')}`;
}

function chart(points: Point[]): string {
  const most = Math.max(1, ...points.flatMap(({ desired, runners, queued }) => [desired, runners, queued]));
  const x = (index: number): string => ((index / points.length) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - (value / most) * (HEIGHT - 10)).toFixed(1);
  const line = (numberOf: (point: Point) => number): string =>
    points.map((point, index) => `${x(index)},${y(numberOf(point))} ${x(index + 1)},${y(numberOf(point))}`).join(' ');
  const area = (name: string, numberOf: (point: Point) => number): string =>
    `<polygon class="${name}" points="0,${HEIGHT} ${line(numberOf)} ${WIDTH},${HEIGHT}"/>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Jobs that wait, and runners, over time">
${area('queued', ({ queued }) => queued)}${area('busy', ({ busy }) => busy)}
<polyline class="runners" points="${line(({ runners }) => runners)}"/><polyline class="desired" points="${line(({ desired }) => desired)}"/></svg>`;
}

function legend(points: Point[], { startMs, endMs }: Simulation, timeZone: string | undefined): string {
  const most = (numberOf: (point: Point) => number): number => Math.max(0, ...points.map(numberOf));
  const items = [
    ['#e3742f55', `waiting jobs, at most ${most(({ queued }) => queued)}`],
    ['#3b7dd8', `runners, at most ${most(({ runners }) => runners)}`],
    ['#3b7dd855', `with a job, at most ${most(({ busy }) => busy)}`],
    ['#2c974b', `desired, at most ${most(({ desired }) => desired)}`],
  ];
  const marks = items.map(([color, text]) => `<span><i style="background:${color}"></i>${text}</span>`);
  const time = `${twoClocks(startMs, timeZone)} to ${twoClocks(endMs, timeZone)}`;
  return `<figcaption>${marks.join('')}<br>${time}</figcaption>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
