import type { HookDelivery, HookDeliveryDetail } from '../../protocol/dashboard/index.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type HookFacts, HooksClient, type NewHook } from '../client/hooks-client.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';
import { printLine, type Sink, type Terminal } from '../terminal/terminal.ts';
import { actionOf } from './words.ts';

const ACTIONS = ['list', 'add', 'remove', 'ping', 'deliveries', 'redeliver'] as const;
const DEFAULT_LIMIT = 20;

export const hookCommand: Command = {
  name: 'hook',
  summary: 'webhooks to other programs, and what these answered',
  description:
    'A hook belongs to a repository, to all of an owner, or with --server-wide, in place of PLACE, to the whole server. deliveries with the number of one shows what was sent and answered.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'place', what: 'OWNER/NAME or OWNER' },
    { name: 'hook', what: 'of add the URL to tell, of all but list the number of the hook' },
    { name: 'delivery', what: 'of redeliver, and of deliveries if you like: the number of the delivery' },
  ],
  options: [
    { flags: '--server-wide', what: 'hooks that are told of all repositories' },
    { flags: '--event <name>', what: 'with add: what it is told of, * for all (default: push)', repeat: true },
    { flags: '--with-secret', what: 'with add: read the secret that signs the messages from standard input' },
    { flags: '--form', what: 'with add: send a form in place of JSON' },
    { flags: '--insecure', what: 'with add: do not check the certificate of the receiver' },
    { flags: '-L, --limit <number>', what: `with deliveries: at most this many (default: ${DEFAULT_LIMIT})` },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    {
      what: 'tell an autoscaler of the jobs of all repositories',
      command:
        'switchyard hook add --server-wide https://scaler.example/hook --event workflow_job --with-secret <secret',
    },
    { what: 'what a receiver was told lately', command: 'switchyard hook deliveries me/app 3' },
    { what: 'with headers and bodies, and once more', command: 'switchyard hook redeliver me/app 3 128' },
  ],
  async run(input, terminal) {
    const action = actionOf(input, ACTIONS);
    const { place, words } = wordsOf(input);
    const client = await HooksClient.of(place, input);
    await DO[action](client, words, input, terminal);
    return EXIT.done;
  },
};

type Work = (client: HooksClient, words: Words, input: Input, terminal: Terminal) => Promise<void>;

const DO: Record<(typeof ACTIONS)[number], Work> = {
  async list(client, _words, input, { out }) {
    showHooks(out, input, await client.list());
  },
  async add(client, words, input, { out, err }) {
    const url = words.next('the URL that is to be told');
    showHooks(out, input, [await client.add(await newHook(input, url, err))]);
  },
  async remove(client, words, input, { out }) {
    const id = words.number('hook');
    await client.remove(id);
    say(out, input, `Hook ${id} is removed, with its log.`);
  },
  async ping(client, words, input, { out }) {
    const id = words.number('hook');
    await client.ping(id);
    say(out, input, `Hook ${id} is pinged; switchyard hook deliveries shows what it answered.`);
  },
  async deliveries(client, words, input, { out }) {
    const id = words.number('hook');
    if (words.isMore) showDelivery(out, input, await client.delivery(id, words.number('delivery')));
    else showDeliveries(out, input, await client.deliveries(id, input.number('limit', 1, 100) ?? DEFAULT_LIMIT));
  },
  async redeliver(client, words, input, { out }) {
    const [id, delivery] = [words.number('hook'), words.number('delivery')];
    await client.redeliver(id, delivery);
    say(out, input, `The message of delivery ${delivery} is sent to hook ${id} again.`);
  },
};

/** What follows the place, one word after the other. */
class Words {
  readonly #words: string[];

  constructor(words: string[]) {
    this.#words = words;
  }

  get isMore(): boolean {
    return this.#words.length > 0;
  }

  /** @throws UsageError */
  next(what: string): string {
    const word = this.#words.shift();
    if (word !== undefined) return word;
    throw new UsageError(`Give ${what}.`);
  }

  /** @throws UsageError */
  number(what: string): number {
    const word = this.next(`the number of the ${what}`);
    if (/^\d{1,15}$/.test(word)) return Number(word);
    throw new UsageError(`"${word}" is no number of a ${what}.`);
  }
}

function wordsOf(input: Input): { place: string | undefined; words: Words } {
  const words = input.arguments().slice(1);
  const place = input.flag('serverWide') ? undefined : words.shift();
  if (place === undefined && !input.flag('serverWide')) {
    throw new UsageError('Say whose hooks: OWNER/NAME, OWNER, or --server-wide.');
  }
  return { place, words: new Words(words) };
}

async function newHook(input: Input, url: string, err: Sink): Promise<NewHook> {
  const events = input.list('event');
  const { readSecret } = await import('../terminal/secret-input.ts');
  return {
    config: {
      url,
      content_type: input.flag('form') ? 'form' : 'json',
      insecure_ssl: input.flag('insecure') ? '1' : '0',
      secret: input.flag('withSecret') ? await readSecret('Secret of the hook', err) : undefined,
    },
    events: events.length > 0 ? events : ['push'],
  };
}

function say(out: Sink, input: Input, sentence: string): void {
  if (!input.flag('json')) printLine(out, sentence);
}

function showHooks(out: Sink, input: Input, hooks: HookFacts[]): void {
  printList(out, input, hooks, {
    HOOK: ({ id }) => id,
    STATE: ({ active }) => (active ? 'active' : 'off'),
    SIGNED: ({ config }) => (config.secret === undefined ? 'no' : 'yes'),
    EVENTS: ({ events }) => events.join(', '),
    URL: ({ config }) => config.url,
  });
}

function showDeliveries(out: Sink, input: Input, deliveries: HookDelivery[]): void {
  printList(out, input, deliveries, {
    DELIVERY: ({ id }) => id,
    EVENT: eventOf,
    TRY: ({ redelivery }) => (redelivery ? 'again' : 'first'),
    ANSWER: answerOf,
    TOOK: ({ duration }) => `${duration.toFixed(2)}s`,
    AGE: ({ delivered_at }) => ageText(Date.now() - Date.parse(delivered_at)),
  });
}

function showDelivery(out: Sink, input: Input, delivery: HookDeliveryDetail): void {
  if (input.flag('json')) {
    printLine(out, JSON.stringify(delivery));
    return;
  }
  const { request, response, url, guid, delivered_at } = delivery;
  printLine(out, `${eventOf(delivery)} ${guid} to ${safeText(url)}, ${delivered_at}: ${answerOf(delivery)}`);
  const parts = { Request: request, Response: response };
  for (const [title, { headers, payload }] of Object.entries(parts)) {
    printLine(out, `\n${title}`);
    for (const [name, value] of Object.entries(headers)) printLine(out, safeText(`${name}: ${value}`));
    printLine(out, '');
    if (payload !== null)
      printLine(out, safeText(typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)));
  }
}

const eventOf = ({ event, action }: HookDelivery): string => safeText(action === null ? event : `${event} ${action}`);

const answerOf = ({ status, status_code }: HookDelivery): string =>
  safeText(status_code === 0 ? status : `${status_code} ${status}`);
