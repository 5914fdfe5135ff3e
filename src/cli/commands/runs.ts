import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, shortRef } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';

const DEFAULT_LIMIT = 20;

export const runsCommand: Command = {
  name: 'runs',
  summary: 'list runs, newest first',
  arguments: [],
  options: [
    { flags: '-R, --repository <owner/name>', what: 'only of this repository' },
    { flags: '-L, --limit <number>', what: `at most this many (default: ${DEFAULT_LIMIT})` },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [{ what: 'the last five of one repository', command: 'switchyard runs -R demo/hello -L 5' }],
  async run(input, { out }) {
    const limit = input.number('limit', 1, 100) ?? DEFAULT_LIMIT;
    const client = new ServerClient(await findEndpoint('server', input));
    const { runs } = await client.runs({ repository: input.text('repository'), limit });
    printList(out, input, runs, {
      ID: ({ id }) => id,
      REPOSITORY: ({ repository }) => repository,
      WORKFLOW: ({ workflow, number }) => `${workflow.name} #${number}`,
      EVENT: ({ event }) => event,
      REF: ({ ref }) => shortRef(ref),
      STATE: ({ conclusion, status }) => conclusion ?? status,
      AGE: ({ createdAt }) => ageText(Date.now() - Date.parse(createdAt)),
    });
    return EXIT.done;
  },
};
