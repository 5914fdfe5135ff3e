import { writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import type { Job } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { logText } from '../terminal/log-text.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { jobsNamed, runArgument, runIdOf } from './subjects.ts';

export const logsCommand: Command = {
  name: 'logs',
  summary: 'print the log of a run',
  arguments: [runArgument],
  options: [
    { flags: '-j, --job <job>', what: 'only of this job: its key, name or number' },
    { flags: '--step <number>', what: 'only of the steps with this number' },
    { flags: '--summary', what: 'what the steps wrote to GITHUB_STEP_SUMMARY instead, as Markdown' },
    {
      flags: '--diagnostics <file>',
      what: "the runner's own log of the one job instead, as a zip archive into this file",
    },
    { flags: '--attempt <number>', what: 'of an earlier attempt; without it of the newest' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'everything that run 12 printed', command: 'switchyard logs 12' },
    { what: 'one job of it', command: 'switchyard logs 12 -j build' },
    { what: 'the summaries of its jobs', command: 'switchyard logs 12 --summary' },
  ],
  async run(input, terminal) {
    const id = runIdOf(input);
    const step = input.number('step', 1, 10_000);
    const client = new ServerClient(await findEndpoint('server', input));
    const { jobs } = await client.run(id, input.number('attempt', 1, 10_000));
    const word = input.text('job');
    const chosen = word === undefined ? jobs : jobsNamed(jobs, word);
    const file = input.text('diagnostics');
    if (file !== undefined) return saveDiagnostics(client, chosen, file, terminal);
    for (const job of chosen) {
      if (input.flag('summary')) await printSummary(client, job, step, terminal);
      else await printJob(client, job, step, terminal);
    }
    return EXIT.done;
  },
};

/** The text as it is, without colours: whoever wants it rendered pipes it on. */
async function printSummary(
  client: ServerClient,
  job: Job,
  only: number | undefined,
  terminal: Terminal,
): Promise<void> {
  if (job.summaries === 0) return;
  const { out, colors } = terminal;
  const { steps, leftOut } = await client.summary(job.id);
  for (const { number, name, markdown } of steps) {
    if (only !== undefined && number !== only) continue;
    printLine(out, colors.bold(`${safeText(job.name)} / ${safeText(name)}`));
    for (const line of markdown.trimEnd().split(/\r?\n/)) printLine(out, stripVTControlCharacters(safeText(line)));
  }
  if (leftOut > 0) printLine(terminal.err, `${leftOut} more steps of ${safeText(job.name)} have written a summary.`);
}

/** @throws UsageError for several jobs, UserError for one whose runner sent none */
async function saveDiagnostics(client: ServerClient, jobs: Job[], file: string, { out }: Terminal): Promise<number> {
  const [job] = jobs;
  if (!job || jobs.length > 1) {
    throw new UsageError('A diagnostic log is that of one job: name it with --job.');
  }
  await writeFile(file, await client.diagnostics(job.id), { mode: 0o600 });
  printLine(out, `${safeText(job.name)}: ${file}`);
  return EXIT.done;
}

async function printJob(
  client: ServerClient,
  job: Job,
  only: number | undefined,
  { out, colors }: Terminal,
): Promise<void> {
  for (const step of job.steps) {
    if (only !== undefined && step.number !== only) continue;
    printLine(out, colors.bold(`${safeText(job.name)} / ${safeText(step.name)}`));
    for await (const line of logLines(client, job.id, step.number)) {
      const text = logText(line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z ?/, ''), colors);
      if (text !== undefined) printLine(out, `  ${text}`);
    }
  }
}

async function* logLines(client: ServerClient, job: number, step: number): AsyncGenerator<string> {
  for (let from = 1; ; ) {
    const page = await client.log(job, step, from);
    yield* page.lines;
    from += page.lines.length;
    if (page.lines.length === 0 || from > page.total) return;
  }
}
