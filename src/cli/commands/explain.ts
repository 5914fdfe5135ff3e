import { UserError } from '../../common/errors.ts';
import type { Explanation, ReceivedEvent } from '../../protocol/dashboard/index.ts';
import { wholeHistory } from '../../workflow/routing.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { FleetClient } from '../client/fleet-client.ts';
import { ServerClient } from '../client/server-client.ts';
import { type TracedExplanation, withFleet } from '../client/trace-job.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { fleetLines } from '../report/job-at-fleet.ts';
import { poolText } from '../report/pool-text.ts';
import { mark, safeText } from '../terminal/format.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { eventName } from './events.ts';
import { namespaceOf, namespaceOption, timeZoneOf, timeZoneOption } from './options.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary:
    'say why a run or a job waits, was skipped, failed, or who took it, what an event did not start, or why a pool has so many runners',
  arguments: [
    {
      name: 'run|job|event|pool',
      what: 'a run (12 or run/12), a job (job/34), an event (event/5) or a pool of runners (pool/NAME)',
      required: true,
    },
  ],
  options: [
    { flags: '--json', what: 'as one JSON object' },
    namespaceOption,
    timeZoneOption,
    ...connectionOptions('server'),
    ...connectionOptions('fleet').slice(0, 1),
  ],
  examples: [
    { what: 'every job of a run', command: 'switchyard explain 12' },
    { what: 'one job', command: 'switchyard explain job/34' },
    { what: 'why a workflow did not start', command: 'switchyard explain event/5' },
    { what: 'why there are so many runners, and what comes next', command: 'switchyard explain pool/example' },
  ],
  async run(input, terminal) {
    const word = input.argument(0) ?? '';
    const pool = /^pools?\/(.+)$/.exec(word)?.[1];
    if (pool !== undefined) {
      await explainPool(pool, input, terminal);
      return EXIT.done;
    }
    const subject = parseSubject(word);
    const client = new ServerClient(await findEndpoint('server', input));
    const { kind, id } = subject;
    if (kind === 'event') {
      const event = await client.receivedEvent(id);
      if (input.flag('json')) printLine(terminal.out, JSON.stringify(event));
      else printEvent(event, terminal);
      return EXIT.done;
    }
    const found = await withFleet(await explain(client, { kind, id }), input);
    if (input.flag('json')) printLine(terminal.out, JSON.stringify(found));
    else printExplanation(found, terminal, '');
    return EXIT.done;
  },
};

/** A RunnerDeployment or a scale set, by its name. */
async function explainPool(name: string, input: Input, { out, colors }: Terminal): Promise<void> {
  const timeZone = timeZoneOf(input);
  const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
  const found = await client.poolExplanation(name);
  const lines = input.flag('json') ? [JSON.stringify(found)] : poolText(found, Date.now(), colors, timeZone);
  for (const line of lines) printLine(out, line);
}

interface Subject<Kind> {
  kind: Kind | undefined;
  id: number;
}

const KINDS = ['run', 'job', 'event'] as const;

function parseSubject(text: string): Subject<(typeof KINDS)[number]> {
  const [, kind, id] = /^(?:(run|job|event)s?\/)?(\d{1,15})$/.exec(text) ?? [];
  if (id === undefined) {
    throw new UsageError(
      `"${text}" is neither a run (12, run/12) nor a job (job/34) nor an event (event/5) nor a pool (pool/NAME).`,
    );
  }
  return { kind: KINDS.find((known) => known === kind), id: Number(id) };
}

/** A bare number is a run's; only when there is no such run, a job's. */
async function explain(client: ServerClient, { kind, id }: Subject<'run' | 'job'>): Promise<Explanation> {
  if (kind) return client.explanation(kind, id);
  return client.explanation('run', id).catch((error: unknown) => {
    if (error instanceof UserError && error.status === 404) return client.explanation('job', id);
    throw error;
  });
}

/** What the event started, and of each other file which filter said no to which values. */
function printEvent(event: ReceivedEvent, { out, colors }: Terminal): void {
  const { id, repository, ref, sha, actor, acceptedAt, runs, notStarted } = event;
  const place = `${ref || 'no ref'} at ${sha.slice(0, 7)}`;
  printLine(
    out,
    `${colors.bold(`event ${id} ${eventName(event)}`)}: ${safeText(`${repository}, ${place}, by ${actor}`)}`,
  );
  printLine(out, colors.dim(`  Taken in ${acceptedAt}.`));
  for (const run of runs) {
    const state = run.conclusion ?? run.status.replace('_', ' ');
    const name = safeText(`${run.workflow} #${run.number}`);
    printLine(out, `${mark(run.status, run.conclusion, colors)} ${name} started, run ${run.id}: ${state}`);
  }
  for (const { file, reason, filter } of notStarted) {
    const by = filter === null ? '' : ` (${filter})`;
    printLine(out, `${colors.dim('-')} ${safeText(file)} was not started${by}: ${safeText(reason)}`);
  }
  if (runs.length + notStarted.length === 0) printLine(out, '  There was no file in .github/workflows.');
}

function printExplanation(explanation: TracedExplanation, terminal: Terminal, indent: string): void {
  const { subject, status, conclusion, sentences, jobs } = explanation;
  const { out, colors } = terminal;
  const state = conclusion ?? status.replace('_', ' ');
  const title = colors.bold(`${subject.kind} ${subject.id} ${safeText(subject.name)}`);
  printLine(out, `${indent}${mark(status, conclusion, colors)} ${title}: ${state}`);
  for (const sentence of sentences) printLine(out, `${indent}  ${safeText(sentence)}`);
  for (const line of fleetLines(explanation, colors)) printLine(out, `${indent}  ${line}`);
  for (const { at, text } of wholeHistory(explanation, explanation.fleet)) {
    printLine(out, colors.dim(`${indent}    ${at}  ${safeText(text)}`));
  }
  for (const job of jobs ?? []) printExplanation(job, terminal, `${indent}  `);
}
