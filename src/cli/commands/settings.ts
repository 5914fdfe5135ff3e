/** What `secret` and `variable` do alike. */
import { type SettingFacts, type SettingKind, SettingsClient } from '../client/settings-client.ts';
import type { Input } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { type Columns, printList } from '../terminal/list.ts';
import { printLine, type Sink, type Terminal } from '../terminal/terminal.ts';
import { actionOf, wanted } from './words.ts';

export const SETTING_ACTIONS = ['set', 'list', 'remove'] as const;

const COLUMNS: Record<SettingKind, Columns<SettingFacts>> = {
  secrets: { SECRET: ({ name }) => name, SET: ({ updated_at }) => updated_at },
  variables: {
    VARIABLE: ({ name }) => name,
    SET: ({ updated_at }) => updated_at,
    VALUE: ({ value = '' }) => value,
  },
};

/** @param given the value of set, where an argument may name it */
export async function runSettings(
  kind: SettingKind,
  input: Input,
  { out, err }: Terminal,
  given?: string,
): Promise<number> {
  const action = actionOf(input, SETTING_ACTIONS);
  if (action === 'list') {
    printList(out, input, await (await SettingsClient.of(kind, input)).list(), COLUMNS[kind]);
    return EXIT.done;
  }
  const name = wanted(input, 1, `the name of the ${kind.slice(0, -1)}`);
  const client = await SettingsClient.of(kind, input);
  if (action === 'remove') await client.remove(name);
  else await client.set(name, given ?? (await readValue(name, err)));
  if (!input.flag('json'))
    printLine(out, `${safeText(name.toUpperCase())} is ${action === 'set' ? 'set' : 'removed'}.`);
  return EXIT.done;
}

async function readValue(name: string, err: Sink): Promise<string> {
  const { readSecret } = await import('../terminal/secret-input.ts');
  return readSecret(`Value of ${safeText(name)}`, err);
}
