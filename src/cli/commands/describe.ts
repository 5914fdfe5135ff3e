import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { FleetClient, type Resource, type ResourceEvent } from '../client/fleet-client.ts';
import { KIND_WORDS } from '../client/fleet-kinds.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { whenText } from '../report/next-changes.ts';
import { ageText, pad, safeText, table } from '../terminal/format.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { namespaceOf, namespaceOption, timeZoneOf, timeZoneOption } from './options.ts';

const LABEL_WIDTH = 14;
const AUTOSCALERS = 'horizontalrunnerautoscalers';

export const describeCommand: Command = {
  name: 'describe',
  summary: 'show everything about a runner or what keeps it, with its events',
  arguments: [
    { name: 'kind', what: 'such as rdeploy, hra or runner', required: true, choices: KIND_WORDS },
    { name: 'name', what: 'its name', required: true },
  ],
  options: [namespaceOption, timeZoneOption, ...connectionOptions('fleet')],
  examples: [{ what: 'why a deployment has too few runners', command: 'switchyard describe rdeploy example' }],
  async run(input, { out }) {
    const timeZone = timeZoneOf(input);
    const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
    const kind = (await client.kinds()).named(input.argument(0) ?? '');
    const resource = await client.get(kind, input.argument(1) ?? '');
    const events = await client.events(resource);
    const { yamlText } = await import('../terminal/yaml-text.ts');
    printMetadata(resource, out);
    printPart('Spec', resource.spec, yamlText, out);
    const { conditions = [], ...status } = resource.status ?? {};
    printPart('Status', status, yamlText, out);
    const conditionRows = conditions.map(({ type, status: state, reason = '', message = '' }) => [
      type,
      state,
      reason,
      message,
    ]);
    printRows('Conditions', ['TYPE', 'STATUS', 'REASON', 'MESSAGE'], conditionRows, out);
    if (kind.plural === AUTOSCALERS) {
      printRows('Next', ['WHEN', 'WHAT', 'DESIRED'], nextRows(status as AutoscalerStatus, timeZone), out);
    }
    printRows('Events', ['AGE', 'TYPE', 'REASON', 'MESSAGE'], events.map(eventRow), out);
    return EXIT.done;
  },
};

function printMetadata({ kind, metadata }: Resource, out: Sink): void {
  const fields: Record<string, string | undefined> = {
    Kind: kind,
    Name: metadata.name,
    Namespace: metadata.namespace,
    Labels: pairsText(metadata.labels),
    Annotations: pairsText(metadata.annotations),
    'Kept by': metadata.ownerReferences?.map((owner) => `${owner.kind}/${owner.name}`).join(', '),
    Created: metadata.creationTimestamp,
    Deleting: metadata.deletionTimestamp && `since ${metadata.deletionTimestamp}`,
  };
  for (const [label, value] of Object.entries(fields)) {
    if (value) printLine(out, `${pad(`${label}:`, LABEL_WIDTH)} ${safeText(value)}`);
  }
}

const pairsText = (pairs: Record<string, string> = {}): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');

function printPart(title: string, value: unknown, toText: (value: unknown) => string, out: Sink): void {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return;
  printLine(out, `${title}:`);
  for (const line of toText(value).split('\n')) printLine(out, `  ${safeText(line)}`);
}

function printRows(title: string, headings: string[], rows: string[][], out: Sink): void {
  printLine(out, rows.length === 0 ? `${pad(`${title}:`, LABEL_WIDTH)} none` : `${title}:`);
  if (rows.length === 0) return;
  for (const line of table(
    headings,
    rows.map((row) => row.map(safeText)),
  ))
    printLine(out, `  ${line}`);
}

/** As far as it is shown here; the whole status is printed before. */
interface AutoscalerStatus {
  nextChanges?: { time: string; what: string; desiredReplicas?: number }[];
}

const nextRows = ({ nextChanges = [] }: AutoscalerStatus, timeZone: string | undefined): string[][] =>
  nextChanges.map(({ time, what, desiredReplicas }) => [
    whenText(time, Date.now(), timeZone),
    what,
    desiredReplicas === undefined ? '' : String(desiredReplicas),
  ]);

function eventRow({ type = '', reason = '', message = '', count = 1, lastTimestamp }: ResourceEvent): string[] {
  const age = lastTimestamp ? ageText(Date.now() - Date.parse(lastTimestamp)) : '';
  return [count > 1 ? `${age} (x${count})` : age, type, reason, message];
}
