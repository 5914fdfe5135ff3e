import { connectionOptions } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { timeZoneOf, timeZoneOption } from './options.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'replay demand against a policy, before anybody pays for it',
  description:
    'Runs the autoscaling of YAML files on a virtual clock, by the functions that the fleet runs live, and prints how\n' +
    'long jobs would have waited and how many runner-minutes that costs. Demand comes from a trace (one JSON object a\n' +
    'line), from the jobs that a server ran, or is made up.',
  arguments: [],
  options: [
    { flags: '-f, --filename <file>', what: 'YAML of the runners and their autoscalers', repeat: true },
    { flags: '--compare <file>', what: 'another policy for the same demand', repeat: true },
    { flags: '--trace <file>', what: 'jobs to replay, one JSON object a line; - for standard input' },
    { flags: '--since <time>', what: 'replay the jobs that the server ran since then, such as 7d or 12h' },
    { flags: '-R, --repository <owner/name>', what: 'with --since: only of this repository', repeat: true },
    ...connectionOptions('server'),
    { flags: '--jobs <count>', what: 'make up so many jobs instead (default: 1000)' },
    { flags: '--over <time>', what: 'within this time (default: 24h)' },
    { flags: '--median <time>', what: 'half of them shorter than this (default: 2m)' },
    { flags: '--labels <labels>', what: 'what they ask for, with commas (default: self-hosted)' },
    { flags: '--seed <number>', what: 'the same number makes the same jobs (default: 1)' },
    { flags: '--start-time <time>', what: 'from the start of a runner until it is online (default: 5s)' },
    { flags: '--prices <file>', what: 'YAML: price of a runner-minute by pool, label, or "default"' },
    { flags: '--html <file>', what: 'write a page with charts' },
    { flags: '--save-trace <file>', what: 'write the demand as a trace' },
    timeZoneOption,
    { flags: '--json', what: 'one JSON object' },
  ],
  examples: [
    { what: 'an ordinary day', command: 'switchyard simulate -f runners.yaml --jobs 2000 --median 90s' },
    { what: 'last week, with another maximum', command: 'switchyard simulate -f a.yaml --compare b.yaml --since 7d' },
  ],
  async run(input, terminal) {
    const files = input.list('filename');
    if (files.length === 0) throw new UsageError('Name the YAML of a policy by -f FILE.');
    const given = ['trace', 'since', 'jobs'].filter((name) => input.text(name) !== undefined);
    if (given.length > 1) throw new UsageError(`Give only one of ${given.map((name) => `--${name}`).join(' and ')}.`);
    const { runSimulation } = await import('../simulate/run-simulation.ts');
    return runSimulation({ files, others: input.list('compare'), ...choices(input) }, input, terminal);
  },
};

function choices(input: Input) {
  return {
    startMs: timeMs(input, 'startTime', '5s'),
    spanMs: timeMs(input, 'over', '24h'),
    medianMs: timeMs(input, 'median', '2m'),
    sinceMs: input.text('since') === undefined ? undefined : timeMs(input, 'since', ''),
    timeZone: timeZoneOf(input),
    jobs: input.number('jobs', 1, 1_000_000) ?? 1_000,
    seed: input.number('seed', 0, 2 ** 32 - 1) ?? 1,
    labels: (input.text('labels') ?? 'self-hosted').split(',').map((label) => label.trim()),
  };
}

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `2m`, `12h`, `7d`. @throws UsageError */
function timeMs(input: Input, name: string, fallback: string): number {
  const text = input.text(name) ?? fallback;
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
  if (amount !== '' && ms >= 0) return ms;
  throw new UsageError(`"${text}" is no time; give one such as 90s, 2m, 12h or 7d.`);
}
