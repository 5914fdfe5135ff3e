/** What `secret` and `variable` do alike. */
import { type SettingFacts, type SettingKind, SettingsClient } from '../client/settings-client.ts';
import type { Input } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine, type Sink, type Terminal } from '../terminal/terminal.ts';
import { actionOf, wanted } from './words.ts';

export const SETTING_ACTIONS = ['set', 'list', 'remove'] as const;

const COLUMNS: Record<SettingKind, string[]> = { secrets: ['SECRET', 'SET'], variables: ['VARIABLE', 'SET', 'VALUE'] };

/** @param given the value of set, where an argument may name it */
export async function runSettings(
  kind: SettingKind,
  input: Input,
  { out, err }: Terminal,
  given?: string,
): Promise<number> {
  const action = actionOf(input, SETTING_ACTIONS);
  if (action === 'list') {
    list(kind, await (await SettingsClient.of(kind, input)).list(), input, out);
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

function list(kind: SettingKind, settings: SettingFacts[], input: Input, out: Sink): void {
  if (input.flag('json')) {
    for (const setting of settings) printLine(out, JSON.stringify(setting));
    return;
  }
  const rows = settings.map(({ name, updated_at, value }) => [
    safeText(name),
    updated_at,
    ...(value === undefined ? [] : [safeText(value)]),
  ]);
  for (const line of table(COLUMNS[kind], rows)) printLine(out, line);
}
