import { connectionOptions } from '../client/endpoints.ts';
import { ownerOptions } from '../client/settings-client.ts';
import type { Command } from '../command.ts';
import { runSettings, SETTING_ACTIONS } from './settings.ts';

export const secretCommand: Command = {
  name: 'secret',
  summary: 'set, list and remove secrets',
  description:
    'set reads the value from standard input, or asks for it without showing it. It cannot be read back; jobs see it as secrets.NAME.',
  arguments: [
    { name: 'action', what: SETTING_ACTIONS.join(', '), required: true, choices: SETTING_ACTIONS },
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
  run: (input, terminal) => runSettings('secrets', input, terminal),
};
