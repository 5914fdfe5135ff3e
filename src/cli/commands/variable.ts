import { connectionOptions } from '../client/endpoints.ts';
import { ownerOptions, SettingsClient } from '../client/settings-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';
import { actionOf, wanted } from './actions.ts';

const ACTIONS = ['set', 'list', 'remove'] as const;

export const variableCommand: Command = {
  name: 'variable',
  summary: 'set, list and remove variables',
  description: 'Without a value set reads it from standard input. Jobs see it as vars.NAME.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'name', what: 'of set and remove' },
    { name: 'value', what: 'of set' },
  ],
  options: [...ownerOptions, { flags: '--json', what: 'one JSON object a line' }, ...connectionOptions('server')],
  examples: [
    { what: 'of a repository', command: 'switchyard variable set ZONE eu -R me/app' },
    { what: 'of an environment', command: 'switchyard variable set ZONE us -R me/app --env production' },
  ],
  async run(input, { out, err }) {
    const action = actionOf(input, ACTIONS);
    const name = action === 'list' ? '' : wanted(input, 1, 'the name of the variable');
    const client = await SettingsClient.of('variables', input);
    if (action === 'set') {
      const { readSecret } = await import('../terminal/secret-input.ts');
      await client.setVariable(name, input.argument(2) ?? (await readSecret(`Value of ${safeText(name)}`, err)));
    }
    if (action === 'remove') await client.remove(name);
    const variables = action === 'list' ? await client.list() : [];
    if (input.flag('json')) for (const variable of variables) printLine(out, JSON.stringify(variable));
    else if (action !== 'list')
      printLine(out, `${safeText(name.toUpperCase())} is ${action === 'set' ? 'set' : 'removed'}.`);
    else {
      const rows = variables.map(({ name, value = '', updated_at }) => [safeText(name), updated_at, safeText(value)]);
      for (const line of table(['VARIABLE', 'SET', 'VALUE'], rows)) printLine(out, line);
    }
    return EXIT.done;
  },
};
