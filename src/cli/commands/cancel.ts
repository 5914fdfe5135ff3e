import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { runArgument, runIdOf } from './subjects.ts';

export const cancelCommand: Command = {
  name: 'cancel',
  summary: 'cancel a run',
  description:
    'Jobs whose condition asks for it, such as always(), still run, and a running job may clean up. --force ends every job at once.',
  arguments: [runArgument],
  options: [
    { flags: '--force', what: 'ask no condition and wait for no runner' },
    { flags: '--json', what: 'print the run as one JSON object' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'cancel run 12', command: 'switchyard cancel 12' },
    { what: 'end it although a job of it does not stop', command: 'switchyard cancel 12 --force' },
  ],
  async run(input, { out }) {
    const id = runIdOf(input);
    const client = new ServerClient(await findEndpoint('server', input));
    await client.cancelRun(id, input.flag('force'));
    const run = await client.run(id);
    if (input.flag('json')) printLine(out, JSON.stringify(run));
    else if (run.status === 'completed') printLine(out, `Run ${id} has ended with ${run.conclusion}.`);
    else printLine(out, `Run ${id} is being cancelled: ${client.http.endpoint.url}/runs/${id}`);
    return EXIT.done;
  },
};
