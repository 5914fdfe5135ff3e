import type { User } from '../../protocol/dashboard/index.ts';
import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { actionOf, wanted } from './words.ts';

const ACTIONS = ['add', 'list', 'grant', 'revoke', 'suspend', 'resume', 'remove'] as const;
const LEVELS = ['read', 'write', 'admin'] as const;

export const userCommand: Command = {
  name: 'user',
  summary: 'who may use the server, and what they may do where',
  description:
    'A new user sees nothing. grant lets them read, write or administer a repository (OWNER/NAME), all of an owner (OWNER) or everything (*); it replaces what was granted there before. They work with a token: see switchyard token.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'login', what: 'name of the user' },
    { name: 'place', what: "OWNER/NAME, OWNER or '*'; with grant and revoke" },
    { name: 'access', what: LEVELS.join(', '), choices: LEVELS },
  ],
  options: [{ flags: '--json', what: 'one JSON object a line' }, ...connectionOptions('server')],
  examples: [
    { what: 'a new user', command: 'switchyard user add alice' },
    { what: 'who may push to one repository', command: 'switchyard user grant alice me/app write' },
    { what: 'another administrator of the server', command: "switchyard user grant bob '*' admin" },
    { what: 'nothing for now; the grants stay', command: 'switchyard user suspend alice' },
  ],
  async run(input, { out }) {
    const action = actionOf(input, ACTIONS);
    const client = await AdminClient.of(input);
    if (action === 'list') {
      const { users } = await client.users();
      show(out, input, users);
      return EXIT.done;
    }
    const login = wanted(input, 1, 'the name of the user');
    const user = await change(client, action, login, input);
    if (user) show(out, input, [user]);
    else if (!input.flag('json')) printLine(out, `${safeText(login)}: done.`);
    return EXIT.done;
  },
};

async function change(
  client: AdminClient,
  action: Exclude<(typeof ACTIONS)[number], 'list'>,
  login: string,
  input: Input,
): Promise<User | undefined> {
  switch (action) {
    case 'add':
      return client.addUser(login);
    case 'suspend':
    case 'resume':
      return client.suspendUser(login, action === 'suspend');
    case 'grant':
      return client.grant(login, wanted(input, 2, 'a place'), levelOf(input));
    case 'revoke':
      await client.revokeGrant(login, wanted(input, 2, 'a place'));
      return undefined;
    case 'remove':
      await client.removeUser(login);
      return undefined;
  }
}

function levelOf(input: Input): (typeof LEVELS)[number] {
  const level = LEVELS.find((known) => known === input.argument(3));
  if (level) return level;
  throw new UsageError(`Say what they may do: ${LEVELS.join(', ')}.`);
}

function show(out: Sink, input: Input, users: User[]): void {
  printList(out, input, users, {
    USER: ({ login }) => login,
    STATE: ({ suspendedAt }) => (suspendedAt ? 'suspended' : 'active'),
    MAY: ({ grants }) => grants.map(({ place, access }) => `${access} ${place}`).join(', ') || 'nothing',
  });
}
