import { UserError } from '../../common/errors.ts';
import type { Job } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { logText } from '../terminal/log-text.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

export const logsCommand: Command = {
  name: 'logs',
  summary: 'print the log of a run',
  arguments: [{ name: 'run', what: 'the run (12 or run/12)', required: true }],
  options: [
    { flags: '-j, --job <job>', what: 'only of this job: its key, name or number' },
    { flags: '--step <number>', what: 'only of the steps with this number' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'everything that run 12 printed', command: 'switchyard logs 12' },
    { what: 'one job of it', command: 'switchyard logs 12 -j build' },
  ],
  async run(input, terminal) {
    const [, id] = /^(?:runs?\/)?(\d{1,15})$/.exec(input.argument(0) ?? '') ?? [];
    if (id === undefined) throw new UsageError(`"${input.argument(0)}" is not a run (12 or run/12).`);
    const step = input.number('step', 1, 10_000);
    const client = new ServerClient(await findEndpoint('server', input));
    const jobs = chosen((await client.run(Number(id))).jobs, input.text('job'));
    for (const job of jobs) await printJob(client, job, step, terminal);
    return EXIT.done;
  },
};

function chosen(jobs: Job[], word: string | undefined): Job[] {
  if (word === undefined) return jobs;
  const found = jobs.filter(({ key, name, id }) => key === word || name === word || String(id) === word);
  if (found.length > 0) return found;
  throw new UserError('no-job', `The run has no job "${word}".`, {
    hint: `It has: ${jobs.map(({ name }) => name).join(', ')}.`,
  });
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
