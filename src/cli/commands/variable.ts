import { connectionOptions } from '../client/endpoints.ts';
import { ownerOptions } from '../client/settings-client.ts';
import type { Command } from '../command.ts';
import { runSettings, SETTING_ACTIONS } from './settings.ts';

export const variableCommand: Command = {
  name: 'variable',
  summary: 'set, list and remove variables',
  description: 'Without a value set reads it from standard input. Jobs see it as vars.NAME.',
  arguments: [
    { name: 'action', what: SETTING_ACTIONS.join(', '), required: true, choices: SETTING_ACTIONS },
    { name: 'name', what: 'of set and remove' },
    { name: 'value', what: 'of set' },
  ],
  options: [...ownerOptions, { flags: '--json', what: 'one JSON object a line' }, ...connectionOptions('server')],
  examples: [
    { what: 'of a repository', command: 'switchyard variable set ZONE eu -R me/app' },
    { what: 'of an environment', command: 'switchyard variable set ZONE us -R me/app --env production' },
  ],
  run: (input, terminal) => runSettings('variables', input, terminal, input.argument(2)),
};
