import type { Job } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
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
    { flags: '--attempt <number>', what: 'of an earlier attempt; without it of the newest' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'everything that run 12 printed', command: 'switchyard logs 12' },
    { what: 'one job of it', command: 'switchyard logs 12 -j build' },
  ],
  async run(input, terminal) {
    const id = runIdOf(input);
    const step = input.number('step', 1, 10_000);
    const client = new ServerClient(await findEndpoint('server', input));
    const { jobs } = await client.run(id, input.number('attempt', 1, 10_000));
    const word = input.text('job');
    for (const job of word === undefined ? jobs : jobsNamed(jobs, word)) await printJob(client, job, step, terminal);
    return EXIT.done;
  },
};

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
