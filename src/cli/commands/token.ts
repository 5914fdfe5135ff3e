import type { Token, TokenRequest } from '../../protocol/dashboard/index.ts';
import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printList } from '../terminal/list.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { actionOf, wanted } from './words.ts';

const ACTIONS = ['create', 'list', 'revoke'] as const;
const SCOPES = ['read', 'write', 'admin'] as const;
const DAY_MS = 24 * 60 * 60 * 1000;

export const tokenCommand: Command = {
  name: 'token',
  summary: 'make, list and revoke tokens of people',
  description:
    'A token does what its user may, and no more than its scope and its places allow. create prints it alone on standard output, once: the server keeps its hash.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'subject', what: 'of create and list the user, of revoke the number of the token' },
  ],
  options: [
    {
      flags: '--scope <scope>',
      what: `the most that it may do: ${SCOPES.join(', ')} (default: write)`,
      choices: SCOPES,
    },
    { flags: '--place <place>', what: 'it works at this OWNER/NAME or OWNER only', repeat: true },
    { flags: '--days <number>', what: 'it expires after so many days (default: 90; 0 for never)' },
    { flags: '--note <text>', what: 'what it is for' },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'a token for a user, into a file', command: 'switchyard token create alice --note laptop >token' },
    {
      what: 'one that reads one repository for a week',
      command: 'switchyard token create bot --scope read --place me/app --days 7',
    },
    { what: 'end it', command: 'switchyard token revoke 12' },
  ],
  async run(input, { out }) {
    const action = actionOf(input, ACTIONS);
    const request = action === 'create' ? requestOf(input) : undefined;
    const client = await AdminClient.of(input);
    if (request) {
      const made = await client.createToken(request);
      printLine(out, input.flag('json') ? JSON.stringify(made) : made.token);
    } else if (action === 'list') {
      show(out, input, (await client.tokens(input.argument(1))).tokens);
    } else {
      await client.revokeToken(idOf(input));
      if (!input.flag('json')) printLine(out, `Token ${idOf(input)} opens nothing any more.`);
    }
    return EXIT.done;
  },
};

function requestOf(input: Input): TokenRequest {
  const scope = SCOPES.find((known) => known === (input.text('scope') ?? 'write'));
  if (!scope) throw new UsageError(`--scope is none of ${SCOPES.join(', ')}.`);
  const places = input.list('place');
  const days = input.number('days', 0, 3_650) ?? 90;
  return {
    user: wanted(input, 1, 'the name of the user'),
    scope,
    note: input.text('note') ?? '',
    places: places.length > 0 ? places : null,
    expiresAt: days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString(),
  };
}

function idOf(input: Input): number {
  const word = wanted(input, 1, 'the number of the token; list shows it');
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new UsageError(`"${word}" is no number of a token.`);
}

function show(out: Sink, input: Input, tokens: Token[]): void {
  printList(out, input, tokens, {
    TOKEN: ({ id }) => id,
    USER: ({ user }) => user,
    SCOPE: ({ scope }) => scope,
    WHERE: ({ places }) => places?.join(', ') ?? 'everywhere',
    EXPIRES: ({ expiresAt }) => expiresAt ?? 'never',
    'LAST USED': ({ lastUsedAt }) => lastUsedAt ?? 'never',
    NOTE: ({ note }) => note,
  });
}
