import { UserError } from '../../common/errors.ts';
import type { Explanation } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { mark, safeText } from '../terminal/format.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say why a run or a job waits, was skipped, failed, or who took it',
  arguments: [{ name: 'run|job', what: 'a run (12 or run/12) or a job (job/34)', required: true }],
  options: [{ flags: '--json', what: 'as one JSON object' }, ...connectionOptions('server')],
  examples: [
    { what: 'every job of a run', command: 'switchyard explain 12' },
    { what: 'one job', command: 'switchyard explain job/34' },
  ],
  async run(input, terminal) {
    const subject = parseSubject(input.argument(0) ?? '');
    const client = new ServerClient(await findEndpoint('server', input));
    const explanation = await explain(client, subject);
    if (input.flag('json')) printLine(terminal.out, JSON.stringify(explanation));
    else printExplanation(explanation, terminal, '');
    return EXIT.done;
  },
};

interface Subject {
  kind: 'run' | 'job' | undefined;
  id: number;
}

function parseSubject(text: string): Subject {
  const [, kind, id] = /^(?:(run|job)s?\/)?(\d{1,15})$/.exec(text) ?? [];
  if (id === undefined) throw new UsageError(`"${text}" is neither a run (12, run/12) nor a job (job/34).`);
  return { kind: kind === 'run' || kind === 'job' ? kind : undefined, id: Number(id) };
}

/** A bare number is a run's; only when there is no such run, a job's. */
async function explain(client: ServerClient, { kind, id }: Subject): Promise<Explanation> {
  if (kind) return client.explanation(kind, id);
  return client.explanation('run', id).catch((error: unknown) => {
    if (error instanceof UserError && error.status === 404) return client.explanation('job', id);
    throw error;
  });
}

function printExplanation(
  { subject, status, conclusion, sentences, history, jobs }: Explanation,
  terminal: Terminal,
  indent: string,
): void {
  const { out, colors } = terminal;
  const state = conclusion ?? status.replace('_', ' ');
  const title = colors.bold(`${subject.kind} ${subject.id} ${safeText(subject.name)}`);
  printLine(out, `${indent}${mark(status, conclusion, colors)} ${title}: ${state}`);
  for (const sentence of sentences) printLine(out, `${indent}  ${safeText(sentence)}`);
  for (const { at, text } of history) printLine(out, colors.dim(`${indent}    ${at}  ${safeText(text)}`));
  for (const job of jobs ?? []) printExplanation(job, terminal, `${indent}  `);
}
