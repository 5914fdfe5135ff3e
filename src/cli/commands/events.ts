import type { ReceivedEvent } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';

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
    if (input.flag('json')) for (const event of events) printLine(out, JSON.stringify(event));
    else {
      const headings = ['ID', 'REPOSITORY', 'EVENT', 'REF', 'ACTOR', 'STARTED', 'NOT STARTED', 'AGE'];
      for (const line of table(headings, events.map(cells))) printLine(out, line);
    }
    return EXIT.done;
  },
};

function cells(event: ReceivedEvent): string[] {
  return [
    String(event.id),
    safeText(event.repository),
    eventName(event),
    safeText(event.ref.replace(/^refs\/(heads|tags)\//, '')),
    safeText(event.actor),
    String(event.runs.length),
    String(event.notStarted.length),
    ageText(Date.now() - Date.parse(event.acceptedAt)),
  ];
}

/** `pull_request opened` */
export const eventName = ({ name, activity }: Pick<ReceivedEvent, 'name' | 'activity'>): string =>
  safeText(activity === null ? name : `${name} ${activity}`);
