import type { ReceivedEvent } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText, shortRef } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';

const DEFAULT_LIMIT = 20;

export const eventsCommand: Command = {
  name: 'events',
  summary: 'list the events that the server took in, and how many workflows each started',
  arguments: [],
  options: [
    { flags: '-R, --repository <owner/name>', what: 'only of this repository' },
    { flags: '-L, --limit <number>', what: `at most this many (default: ${DEFAULT_LIMIT})` },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'what came lately', command: 'switchyard events -R demo/hello' },
    { what: 'why an event started nothing', command: 'switchyard explain event/12' },
  ],
  async run(input, { out }) {
    const limit = input.number('limit', 1, 200) ?? DEFAULT_LIMIT;
    const client = new ServerClient(await findEndpoint('server', input));
    const { events } = await client.receivedEvents({ repository: input.text('repository'), limit });
    printList(out, input, events, {
      ID: ({ id }) => id,
      REPOSITORY: ({ repository }) => repository,
      EVENT: eventName,
      REF: ({ ref }) => shortRef(ref),
      ACTOR: ({ actor }) => actor,
      STARTED: ({ runs }) => runs.length,
      'NOT STARTED': ({ notStarted }) => notStarted.length,
      AGE: ({ acceptedAt }) => ageText(Date.now() - Date.parse(acceptedAt)),
    });
    return EXIT.done;
  },
};

/** `pull_request opened` */
export const eventName = ({ name, activity }: Pick<ReceivedEvent, 'name' | 'activity'>): string =>
  safeText(activity === null ? name : `${name} ${activity}`);
