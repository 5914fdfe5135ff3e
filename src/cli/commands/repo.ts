import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';
import { actionOf, wanted } from './actions.ts';

const ACTIONS = ['list', 'create'] as const;

export const repoCommand: Command = {
  name: 'repo',
  summary: 'list and make repositories',
  description: 'The first push to a repository makes it too.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'repository', what: 'OWNER/NAME, of create' },
  ],
  options: [{ flags: '--json', what: 'one JSON object a line' }, ...connectionOptions('server')],
  examples: [{ what: 'an empty one', command: 'switchyard repo create me/app' }],
  async run(input, { out }) {
    const action = actionOf(input, ACTIONS);
    const name = action === 'create' ? wanted(input, 1, 'OWNER/NAME') : undefined;
    const client = await AdminClient.of(input);
    if (name !== undefined) await create(client, name);
    const { repositories } = await client.repositories();
    const shown = repositories.filter((one) => name === undefined || one.name.toLowerCase() === name.toLowerCase());
    if (input.flag('json')) for (const repository of shown) printLine(out, JSON.stringify(repository));
    else {
      const rows = shown.map((one) => [safeText(one.name), safeText(one.defaultBranch), one.createdAt]);
      for (const line of table(['REPOSITORY', 'DEFAULT BRANCH', 'MADE'], rows)) printLine(out, line);
    }
    return EXIT.done;
  },
};

async function create(client: AdminClient, text: string): Promise<void> {
  const [owner = '', name = '', ...rest] = text.split('/');
  if (owner === '' || name === '' || rest.length > 0) throw new UsageError(`"${text}" is not OWNER/NAME.`);
  await client.createRepository(owner, name);
}
