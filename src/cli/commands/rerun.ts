import { UserError } from '../../common/errors.ts';
import type { Job, RerunRequest } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { jobsNamed, runArgument, runIdOf } from './subjects.ts';

export const rerunCommand: Command = {
  name: 'rerun',
  summary: 'run a completed run again, as another attempt',
  description: 'What needs a job that runs again runs again too. Earlier attempts stay as they were, with their logs.',
  arguments: [runArgument],
  options: [
    { flags: '--failed', what: 'only the jobs that failed or were cancelled' },
    { flags: '-j, --job <job>', what: 'only this job: its key, name or number' },
    { flags: '--debug', what: 'with debug logging' },
    { flags: '--json', what: 'print the run as one JSON object' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'every job of run 12', command: 'switchyard rerun 12' },
    { what: 'what failed in it, with debug logging', command: 'switchyard rerun 12 --failed --debug' },
    { what: 'one combination of a matrix', command: "switchyard rerun 12 --job 'test (20)'" },
  ],
  async run(input, { out }) {
    const id = runIdOf(input);
    const job = input.text('job');
    if (input.flag('failed') && job !== undefined) throw new UsageError('Give --failed or --job, not both.');
    const client = new ServerClient(await findEndpoint('server', input));
    const run = await client.rerun(id, { jobs: await chosenJobs(client, id, input), debug: input.flag('debug') });
    if (input.flag('json')) printLine(out, JSON.stringify(run));
    else printLine(out, `Attempt ${run.attempt} of run ${id} has begun: ${client.http.endpoint.url}/runs/${id}`);
    return EXIT.done;
  },
};

async function chosenJobs(client: ServerClient, id: number, input: Input): Promise<RerunRequest['jobs']> {
  const word = input.text('job');
  if (word === undefined) return input.flag('failed') ? 'failed' : 'all';
  return onlyJob(jobsNamed((await client.run(id)).jobs, word), word).id;
}

function onlyJob(jobs: Job[], word: string): Job {
  const [first, second] = jobs;
  if (first && !second) return first;
  throw new UserError('many-jobs', `"${word}" is more than one job.`, {
    hint: `Name one: ${jobs.map(({ id, name }) => `${id} (${name})`).join(', ')}.`,
  });
}
