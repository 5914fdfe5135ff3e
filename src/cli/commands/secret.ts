import { connectionOptions } from '../client/endpoints.ts';
import { ownerOptions, SettingsClient } from '../client/settings-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';
import { actionOf, wanted } from './actions.ts';

const ACTIONS = ['set', 'list', 'remove'] as const;

export const secretCommand: Command = {
  name: 'secret',
  summary: 'set, list and remove secrets',
  description:
    'set reads the value from standard input, or asks for it without showing it. It cannot be read back; jobs see it as secrets.NAME.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'name', what: 'of set and remove' },
  ],
  options: [...ownerOptions, { flags: '--json', what: 'one JSON object a line' }, ...connectionOptions('server')],
  examples: [
    { what: 'of a repository, from a file', command: 'switchyard secret set DEPLOY_KEY -R me/app <key.pem' },
    {
      what: 'only jobs that deploy to production see it',
      command: 'switchyard secret set TOKEN -R me/app --env production',
    },
    { what: 'of all repositories of an owner', command: 'switchyard secret list --org me' },
  ],
  async run(input, { out, err }) {
    const action = actionOf(input, ACTIONS);
    const name = action === 'list' ? '' : wanted(input, 1, 'the name of the secret');
    const client = await SettingsClient.of('secrets', input);
    if (action === 'set') {
      const { readSecret } = await import('../terminal/secret-input.ts');
      await client.setSecret(name, await readSecret(`Value of ${safeText(name)}`, err));
    }
    if (action === 'remove') await client.remove(name);
    const secrets = action === 'list' ? await client.list() : [];
    if (input.flag('json')) for (const secret of secrets) printLine(out, JSON.stringify(secret));
    else if (action !== 'list')
      printLine(out, `${safeText(name.toUpperCase())} is ${action === 'set' ? 'set' : 'removed'}.`);
    else {
      const rows = secrets.map(({ name, updated_at }) => [safeText(name), updated_at]);
      for (const line of table(['SECRET', 'SET'], rows)) printLine(out, line);
    }
    return EXIT.done;
  },
};
