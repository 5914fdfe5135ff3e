/** Workflow commands in a step's output: SEM-23. */

export interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

const NAMES = new Set([
  'debug',
  'notice',
  'warning',
  'error',
  'group',
  'endgroup',
  'add-mask',
  'set-output',
  'save-state',
  'set-env',
  'add-path',
  'add-matcher',
  'remove-matcher',
  'echo',
  'stop-commands',
]);

export const isCommandName = (name: string): boolean => NAMES.has(name.toLowerCase());

/** The command in a line: `::name k=v,k2=v2::data`, or the old `##[name k=v;k2=v2]data` anywhere in it (SEM-23.1). */
export function parseCommand(line: string): Command | undefined {
  return parseCurrent(line) ?? parseOld(line);
}

function parseCurrent(line: string): Command | undefined {
  const text = line.trimStart();
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  if (end < 0) return undefined;
  return build(text.slice(2, end), ',', text.slice(end + 2), CURRENT_ESCAPES);
}

function parseOld(line: string): Command | undefined {
  const start = line.indexOf('##[');
  const end = line.indexOf(']', start);
  if (start < 0 || end < 0) return undefined;
  return build(line.slice(start + 3, end), ';', line.slice(end + 1), OLD_ESCAPES);
}

interface Escapes {
  data: [string, string][];
  property: [string, string][];
}

const LINE_BREAKS: [string, string][] = [
  ['%0D', '\r'],
  ['%0A', '\n'],
];
const PERCENT: [string, string] = ['%25', '%'];
/** `%25` last, else `%250A` would become a line break (SEM-23.2). */
const CURRENT_ESCAPES: Escapes = {
  data: [...LINE_BREAKS, PERCENT],
  property: [...LINE_BREAKS, ['%3A', ':'], ['%2C', ','], PERCENT],
};
const OLD_ESCAPES: Escapes = {
  data: [...LINE_BREAKS, ['%3B', ';'], ['%5D', ']'], PERCENT],
  property: [...LINE_BREAKS, ['%3B', ';'], ['%5D', ']'], PERCENT],
};

function build(head: string, separator: string, data: string, escapes: Escapes): Command | undefined {
  const [name = '', ...rest] = head.trim().split(' ');
  if (!isCommandName(name)) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of rest.join(' ').split(separator)) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const value = unescaped(pair.slice(equals + 1).trim(), escapes.property);
    if (value !== '') properties[pair.slice(0, equals).trim().toLowerCase()] = value;
  }
  return { name: name.toLowerCase(), properties, data: unescaped(data, escapes.data) };
}

function unescaped(text: string, escapes: [string, string][]): string {
  if (!text.includes('%')) return text;
  let result = text;
  for (const [code, character] of escapes) result = result.replaceAll(new RegExp(code, 'gi'), () => character);
  return result;
}
