import { type Command, type Input, UsageError } from '../command.ts';
import type { LocalRun } from '../local-run/local-run.ts';

const DEFAULT_RUNNERS = 2;
const MAX_RUNNERS = 64;

export const runCommand: Command = {
  name: 'run',
  summary: 'run the workflows of a checkout on this machine',
  description:
    'Takes the checkout with its uncommitted changes and runs it through a server, a fleet and runners of its own, ' +
    'which are gone afterwards. The checkout itself is never written to.',
  arguments: [{ name: 'path', what: 'the checkout, or any folder with workflows (default: this folder)' }],
  options: [
    { flags: '-W, --workflow <file>', what: 'only this workflow file' },
    { flags: '-j, --job <job>', what: 'only this job and what it needs' },
    { flags: '-e, --event <name>', what: 'event to run them for (default: push; workflow_dispatch with --input)' },
    { flags: '--payload <file>', what: "JSON file with the event's payload" },
    { flags: '--input <name=value>', what: 'input of workflow_dispatch', repeat: true },
    { flags: '--secret <name=value>', what: 'secret; NAME alone reads it from standard input', repeat: true },
    { flags: '--var <name=value>', what: 'configuration variable', repeat: true },
    { flags: '--runners <number>', what: `how many jobs run at once (default: ${DEFAULT_RUNNERS})` },
    { flags: '--json', what: 'one JSON object a line: docs/reference/json-output.md' },
    { flags: '--keep', what: 'keep the temporary folder, and say where it is' },
  ],
  examples: [
    { what: 'what a push would start', command: 'switchyard run' },
    { what: 'one job of one workflow', command: 'switchyard run -W .github/workflows/ci.yml -j test' },
    { what: 'started by hand, with an input', command: 'switchyard run -e workflow_dispatch --input version=1.2' },
    { what: 'a secret that shows in no list of processes', command: 'switchyard run --secret TOKEN < token.txt' },
  ],
  async run(input, terminal) {
    const options = await optionsOf(input);
    const { runLocally } = await import('../local-run/local-run.ts');
    const { LogView } = await import('../terminal/log-view.ts');
    const { JsonView } = await import('../terminal/json-view.ts');
    return runLocally(options, input.flag('json') ? new JsonView(terminal) : new LogView(terminal), terminal);
  },
};

/** Everything about the call is checked before anything is started. */
async function optionsOf(input: Input): Promise<LocalRun> {
  const inputs = input.pairs('input');
  const hasInputs = Object.keys(inputs).length > 0;
  const event = input.text('event') ?? (hasInputs ? 'workflow_dispatch' : 'push');
  if (!/^[a-z_]+$/.test(event)) throw new UsageError(`"${event}" is not the name of an event.`);
  if (hasInputs && event !== 'workflow_dispatch')
    throw new UsageError('--input is only for the event workflow_dispatch.');
  return {
    path: input.argument(0) ?? '.',
    workflow: input.text('workflow'),
    job: input.text('job'),
    event,
    inputs,
    secrets: await secretsOf(input),
    variables: input.pairs('var'),
    runners: input.number('runners', 1, MAX_RUNNERS) ?? DEFAULT_RUNNERS,
    keep: input.flag('keep'),
    payload: await payloadOf(input.text('payload')),
  };
}

/** `NAME=value`, or one `NAME` whose value is read from standard input: arguments show in the list of processes. */
async function secretsOf(input: Input): Promise<Record<string, string>> {
  const bare = input.list('secret').filter((text) => /^\w+$/.test(text));
  if (bare.length === 0) return input.pairs('secret');
  if (bare.length > 1) throw new UsageError('Only one --secret can be read from standard input.');
  const { text } = await import('node:stream/consumers');
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  return { ...input.pairs('secret', (text) => text !== bare[0]), [bare[0] ?? '']: value };
}

async function payloadOf(file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) return {};
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`The payload ${file} cannot be read.`);
  });
  try {
    const payload: unknown = JSON.parse(text);
    if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return { ...payload };
  } catch {
    // Said below.
  }
  throw new UsageError(`The payload ${file} is not a JSON object.`);
}
