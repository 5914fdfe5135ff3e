import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printList } from '../terminal/list.ts';
import { readSecret } from '../terminal/secret-input.ts';
import type { Sink } from '../terminal/terminal.ts';
import { actionOf, ownerAndName, wanted } from './words.ts';

const ACTIONS = ['list', 'create', 'delete'] as const;

export const repoCommand: Command = {
  name: 'repo',
  summary: 'list, make and delete repositories',
  description: 'The first push to a repository makes it too.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'repository', what: 'OWNER/NAME, of create and delete' },
  ],
  options: [
    { flags: '--json', what: 'one JSON object a line' },
    { flags: '--yes', what: 'of delete: do not ask for the name again' },
    ...connectionOptions('server'),
  ],
  examples: [{ what: 'an empty one', command: 'switchyard repo create me/app' }],
  async run(input, { out, err }) {
    const action = actionOf(input, ACTIONS);
    const name = action === 'create' ? wanted(input, 1, 'OWNER/NAME') : undefined;
    const client = await AdminClient.of(input);
    if (action === 'delete') return remove(input, client, err);
    if (name !== undefined) await create(client, name);
    const { repositories } = await client.repositories();
    const shown = repositories.filter((one) => name === undefined || one.name.toLowerCase() === name.toLowerCase());
    printList(out, input, shown, {
      REPOSITORY: ({ name }) => name,
      'DEFAULT BRANCH': ({ defaultBranch }) => defaultBranch,
      MADE: ({ createdAt }) => createdAt,
    });
    return EXIT.done;
  },
};

/** Runs, logs and artifacts go too, so a person gives the name twice. */
async function remove(input: Input, client: AdminClient, err: Sink): Promise<number> {
  const text = wanted(input, 1, 'OWNER/NAME');
  const [owner, name] = ownerAndName(text);
  if (!input.flag('yes')) {
    const typed = await readSecret(`Type ${text} to delete it with all its runs`, err);
    if (typed.trim() !== text) throw new UsageError(`"${typed.trim()}" is not ${text}: nothing was deleted.`);
  }
  await client.deleteRepository(owner, name);
  return EXIT.done;
}

async function create(client: AdminClient, text: string): Promise<void> {
  await client.createRepository(...ownerAndName(text));
}
