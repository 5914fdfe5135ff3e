import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorText, UserError } from '../../common/errors.ts';
import {
  generateTrace,
  htmlPage,
  lineOf,
  type PriceTable,
  parseTrace,
  readPolicy,
  recordTrace,
  reportOf,
  type SimulatedPolicy,
  simulate,
  type TraceJob,
} from '../../fleet/simulate/index.ts';
import { findEndpoint } from '../client/endpoints.ts';
import { readManifests } from '../client/manifests.ts';
import type { Input } from '../command.ts';
import { EXIT } from '../failure.ts';
import { simulationLines } from '../report/simulation-text.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

export interface SimulationChoices {
  /** Files of the policy, and of those that it is compared with, one policy a file. */
  files: readonly string[];
  others: readonly string[];
  startMs: number;
  spanMs: number;
  medianMs: number;
  /** Replay what the server ran in the last so many ms. */
  sinceMs: number | undefined;
  /** By whose clocks times are shown; undefined: this machine's. */
  timeZone: string | undefined;
  jobs: number;
  seed: number;
  labels: string[];
}

/** @throws UserError for files that cannot be used */
export async function runSimulation(choices: SimulationChoices, input: Input, terminal: Terminal): Promise<number> {
  const prices = await readPrices(input.text('prices'));
  const named: [string, readonly string[]][] = [
    [choices.files.join(', '), choices.files],
    ...choices.others.map((file): [string, readonly string[]] => [file, [file]]),
  ];
  const pools = await Promise.all(named.map(async ([name, files]) => ({ name, pools: await readPools(files) })));
  const trace = await readDemand(choices, input, terminal);
  const policies = pools.map((policy): SimulatedPolicy => {
    const simulation = simulate({ pools: policy.pools, trace, startMs: choices.startMs });
    return { name: policy.name, simulation, report: reportOf(simulation, prices) };
  });
  await writeFiles(policies, trace, choices.timeZone, input, terminal);
  if (input.flag('json')) {
    printLine(terminal.out, JSON.stringify(policies.map(({ name, report }) => ({ name, ...report }))));
  } else {
    for (const line of simulationLines(policies, terminal, choices.timeZone)) printLine(terminal.out, line);
  }
  return EXIT.done;
}

async function readPools(files: readonly string[]) {
  const manifests = (await Promise.all(files.map(readManifests))).flat();
  return readPolicy(
    manifests.map(({ resource }) => resource),
    files.join(', '),
  );
}

async function readDemand(choices: SimulationChoices, input: Input, { err }: Terminal): Promise<TraceJob[]> {
  const file = input.text('trace');
  if (file !== undefined) return parseTrace(file === '-' ? await text(process.stdin) : await read(file), file);
  if (choices.sinceMs === undefined) return generateTrace({ ...choices, startMs: lastMidnight(choices.spanMs) });
  const { url, token = '' } = await findEndpoint('server', input);
  const jobs = await recordTrace({
    server: { url, token },
    repositories: input.list('repository'),
    sinceMs: Date.now() - choices.sinceMs,
    onRead: (repository, count) => printLine(err, `${repository}: ${count} jobs`),
  });
  if (jobs.length > 0) return jobs;
  throw new UserError('no-jobs', 'The server has run no job in that time.', { hint: 'Give a longer --since.' });
}

/** Made-up demand ends with yesterday, so that the hours of its days are whole. */
const lastMidnight = (spanMs: number): number => Math.floor(Date.now() / 86_400_000) * 86_400_000 - spanMs;

async function readPrices(file: string | undefined): Promise<PriceTable | undefined> {
  if (file === undefined) return undefined;
  const prices = z.record(z.string(), z.number().min(0)).safeParse(parseYaml(await read(file), file));
  if (prices.success) return prices.data;
  throw new UserError('bad-prices', `${file}: ${z.prettifyError(prices.error)}`, {
    hint: 'It is a map of names to prices, such as "default: 0.008".',
  });
}

function parseYaml(source: string, file: string): unknown {
  try {
    return parse(source, { maxAliasCount: 100 });
  } catch (error) {
    throw new UserError('bad-yaml', `${file}: ${errorText(error)}`);
  }
}

function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError('file-unreadable', `${file} cannot be read: ${errorText(error)}.`);
  });
}

async function writeFiles(
  policies: SimulatedPolicy[],
  trace: TraceJob[],
  timeZone: string | undefined,
  input: Input,
  { err }: Terminal,
): Promise<void> {
  const html = input.text('html');
  if (html !== undefined) await writeFile(html, htmlPage(policies, timeZone));
  const saved = input.text('saveTrace');
  if (saved !== undefined) {
    await writeFile(saved, trace.map((job) => `${JSON.stringify(lineOf(job))}\n`).join(''));
  }
  for (const file of [html, saved]) if (file !== undefined) printLine(err, `Wrote ${file}.`);
}
