import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printList } from '../terminal/list.ts';

export const schedulesCommand: Command = {
  name: 'schedules',
  summary: 'list what the default branches schedule, and when each falls due next',
  arguments: [],
  options: [
    { flags: '-R, --repository <owner/name>', what: 'only of this repository' },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [{ what: 'of one repository', command: 'switchyard schedules -R demo/hello' }],
  async run(input, { out }) {
    const client = new ServerClient(await findEndpoint('server', input));
    const { schedules } = await client.schedules(input.text('repository'));
    printList(out, input, schedules, {
      REPOSITORY: ({ repository }) => repository,
      FILE: ({ path }) => path,
      CRON: ({ cron }) => cron,
      'TIME ZONE': ({ timezone }) => timezone ?? 'UTC',
      NEXT: ({ nextAt }) => nextAt,
      ACTOR: ({ actor }) => actor,
    });
    return EXIT.done;
  },
};
