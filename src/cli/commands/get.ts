import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { FleetClient, type Table } from '../client/fleet-client.ts';
import { KIND_WORDS, type Kind } from '../client/fleet-kinds.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { namespaceOf, namespaceOption } from './options.ts';

export const getCommand: Command = {
  name: 'get',
  summary: 'list runners and what keeps them',
  arguments: [
    {
      name: 'kind',
      what: 'such as rdeploy, runners, hra or secrets; a wrong one is answered with all that there are',
      required: true,
      choices: KIND_WORDS,
    },
    { name: 'name', what: 'only this one' },
  ],
  options: [
    { flags: '-o, --output <format>', what: 'how to print', choices: ['wide', 'json', 'yaml'] },
    { flags: '-w, --watch', what: 'go on printing changes' },
    namespaceOption,
    ...connectionOptions('fleet'),
  ],
  examples: [
    { what: 'all runners, and what becomes of them', command: 'switchyard get runners -w' },
    { what: 'one deployment as YAML', command: 'switchyard get rdeploy example -o yaml' },
  ],
  async run(input, { out }) {
    const name = input.argument(1);
    const format = input.text('output');
    if (input.flag('watch') && (format === 'json' || format === 'yaml')) throw new UsageError('-w prints tables only.');
    const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
    const kind = (await client.kinds()).named(input.argument(0) ?? '');
    if (format === 'json' || format === 'yaml') {
      const found = name === undefined ? await client.list(kind) : await client.get(kind, name);
      const { yamlText } = await import('../terminal/yaml-text.ts');
      printLine(out, format === 'json' ? JSON.stringify(found, null, 2) : yamlText(found));
    } else await printTables(client, kind, name, input, out);
    return EXIT.done;
  },
};

async function printTables(
  client: FleetClient,
  kind: Kind,
  name: string | undefined,
  input: Input,
  out: Sink,
): Promise<void> {
  const isWide = input.text('output') === 'wide';
  const first = await client.table(kind, name);
  const lines = tableLines(first, isWide);
  if (lines.length < 2 && !input.flag('watch'))
    return printLine(out, `No ${kind.plural}${kind.isNamespaced ? ` in the namespace ${namespaceOf(input)}` : ''}.`);
  for (const line of lines) printLine(out, line);
  if (!input.flag('watch')) return;
  const { interruption } = await import('../platform/signals.ts');
  const { signal, close } = interruption();
  try {
    const resourceVersion = first.metadata?.resourceVersion ?? '';
    for await (const change of client.watch(kind, { name, resourceVersion, signal })) {
      const headed = { ...change, columnDefinitions: change.columnDefinitions ?? first.columnDefinitions };
      for (const line of tableLines(headed, isWide).slice(1)) printLine(out, line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    close();
  }
}

/** With headings first; columns of priority 0 only, unless `isWide`. */
function tableLines({ columnDefinitions = [], rows = [] }: Table, isWide: boolean): string[] {
  const shown = columnDefinitions
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority = 0 }) => isWide || priority === 0);
  const cells = rows.map((row) => shown.map(({ index }) => cellText(row.cells[index])));
  return table(
    shown.map(({ name }) => name.toUpperCase()),
    cells,
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return safeText(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
