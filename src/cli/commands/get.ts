import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { FleetClient, type Table } from '../client/fleet-client.ts';
import { KIND_WORDS, type Kind } from '../client/fleet-kinds.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { scheduleCell } from '../report/next-changes.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { namespaceOf, namespaceOption, timeZoneOf, timeZoneOption } from './options.ts';

export const getCommand: Command = {
  name: 'get',
  summary: 'list runners and what keeps them',
  arguments: [
    {
      name: 'kind',
      what: 'such as rdeploy, runners, hra or secrets, or several: hra,runners; a wrong one is answered with all that there are',
      required: true,
      choices: KIND_WORDS,
    },
    { name: 'name', what: 'only this one' },
  ],
  options: [
    { flags: '-o, --output <format>', what: 'how to print', choices: ['wide', 'json', 'yaml'] },
    { flags: '-w, --watch', what: 'go on printing changes' },
    namespaceOption,
    timeZoneOption,
    ...connectionOptions('fleet'),
  ],
  examples: [
    { what: 'all runners, and what becomes of them', command: 'switchyard get runners -w' },
    { what: 'autoscalers and what they scale', command: 'switchyard get hra,rdeploy' },
    { what: 'one deployment as YAML', command: 'switchyard get rdeploy example -o yaml' },
  ],
  async run(input, { out }) {
    const name = input.argument(1);
    const format = input.text('output');
    if (input.flag('watch') && (format === 'json' || format === 'yaml')) throw new UsageError('-w prints tables only.');
    const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
    const kinds = (await client.kinds()).allNamed(input.argument(0) ?? '');
    if (format === 'json' || format === 'yaml') {
      const found = await objectsOf(client, kinds, name);
      const { yamlText } = await import('../terminal/yaml-text.ts');
      printLine(out, format === 'json' ? JSON.stringify(found, null, 2) : yamlText(found));
      return EXIT.done;
    }
    const [kind] = kinds;
    if (kind && kinds.length === 1) await printTable(client, kind, name, input, out);
    else await printTables(client, kinds, name, input, out);
    return EXIT.done;
  },
};

/** Of several kinds as kubectl prints them: a list of its own kind. */
async function objectsOf(client: FleetClient, kinds: readonly Kind[], name: string | undefined): Promise<unknown> {
  const all = await Promise.all(kinds.map((kind) => (name === undefined ? client.list(kind) : client.get(kind, name))));
  if (all.length === 1) return all[0];
  return { apiVersion: 'v1', kind: 'List', items: all.flatMap((one) => ('items' in one ? one.items : [one])) };
}

/** Those that have something; each name with its kind. */
async function printTables(
  client: FleetClient,
  kinds: readonly Kind[],
  name: string | undefined,
  input: Input,
  out: Sink,
): Promise<void> {
  if (input.flag('watch')) throw new UsageError('-w follows one kind.');
  const tables = await Promise.all(kinds.map(async (kind) => withKind(kind, await client.table(kind, name))));
  const filled = tables.filter(({ rows = [] }) => rows.length > 0);
  if (filled.length === 0) return printLine(out, nothing(kinds, input));
  filled.forEach((one, index) => {
    if (index > 0) printLine(out, '');
    for (const line of tableLines(one, input)) printLine(out, line);
  });
}

/** The first column is the name. */
function withKind({ singular }: Kind, { rows = [], ...rest }: Table): Table {
  return { ...rest, rows: rows.map(({ cells: [name, ...others] }) => ({ cells: [`${singular}/${name}`, ...others] })) };
}

function nothing(kinds: readonly Kind[], input: Input): string {
  const place = kinds.some(({ isNamespaced }) => isNamespaced) ? ` in the namespace ${namespaceOf(input)}` : '';
  return `No ${kinds.map(({ plural }) => plural).join(', no ')}${place}.`;
}

async function printTable(
  client: FleetClient,
  kind: Kind,
  name: string | undefined,
  input: Input,
  out: Sink,
): Promise<void> {
  const first = await client.table(kind, name);
  const lines = tableLines(first, input);
  if (lines.length < 2 && !input.flag('watch')) return printLine(out, nothing([kind], input));
  for (const line of lines) printLine(out, line);
  if (!input.flag('watch')) return;
  const { interruption } = await import('../platform/signals.ts');
  const { signal, close } = interruption();
  try {
    const resourceVersion = first.metadata?.resourceVersion ?? '';
    for await (const change of client.watch(kind, { name, resourceVersion, signal })) {
      const headed = { ...change, columnDefinitions: change.columnDefinitions ?? first.columnDefinitions };
      for (const line of tableLines(headed, input).slice(1)) printLine(out, line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    close();
  }
}

/** The column of HorizontalRunnerAutoscalers that shows a time. */
const SCHEDULE = 'Schedule';

/** With headings first; columns of priority 0 only, unless `-o wide`. @throws UsageError for a time zone that is none */
function tableLines({ columnDefinitions = [], rows = [] }: Table, input: Input): string[] {
  const all = input.text('output') === 'wide';
  const timeZone = timeZoneOf(input);
  const shown = columnDefinitions
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority = 0 }) => all || priority === 0);
  const cells = rows.map((row) =>
    shown.map(({ name, index }) => {
      const text = cellText(row.cells[index]);
      return name === SCHEDULE ? scheduleCell(text, timeZone) : text;
    }),
  );
  return table(
    shown.map(({ name }) => name.toUpperCase()),
    cells,
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return safeText(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
