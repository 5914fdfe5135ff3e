import { parseArgs } from 'node:util';
import { errorText, UserError } from '../../common/errors.ts';
import { takeEnvironmentVariable } from '../../common/settings.ts';

export const HELP = `Usage: switchyard runner --jitconfig CONFIG [--root DIR] [--end-with-stdin]

Runs jobs of a server: one (an ephemeral runner) or one after the other.

Options:
  --jitconfig CONFIG  The JIT config that the server issued for this runner; "-" reads it from standard input.
                      Without the option the variable ACTIONS_RUNNER_INPUT_JITCONFIG is read. Both keep it out of
                      the process list.
  --root DIR          The runner's own folder, for work and diagnostics. Default: the current folder.
  --end-with-stdin    Shut down, as on SIGTERM but within 5 s, when standard input ends: for a program that does not
                      want its runners to outlive it. "--jitconfig -" then reads the first line only.
  --help              Show this text.

Examples:
  switchyard runner --jitconfig "$JITCONFIG"
  echo "$JITCONFIG" | switchyard runner --jitconfig - --root /var/lib/runner-1
  ACTIONS_RUNNER_INPUT_JITCONFIG="$JITCONFIG" switchyard runner

Exit codes: 0 done or shut down, 1 the server refuses this runner, 2 wrong usage or JIT config, 5 another session is open.
`;

export interface RunnerArguments {
  help: boolean;
  root: string;
  jitConfig: string;
  /** With --end-with-stdin: resolves when standard input has ended. */
  stdinEnded?: Promise<void>;
}

/**
 * @param args what follows the word `runner`
 * @throws UserError `usage`
 */
export async function readArguments(args: string[], stdin: AsyncIterable<Buffer>): Promise<RunnerArguments> {
  const { values } = parse(args);
  const fromEnvironment = takeEnvironmentVariable('ACTIONS_RUNNER_INPUT_JITCONFIG');
  const given = values.jitconfig ?? fromEnvironment;
  if (values.help) return { help: true, root: '', jitConfig: '' };
  if (given === undefined || given === '') {
    throw new UserError('usage', 'No JIT config was given.', { hint: 'Pass --jitconfig CONFIG; see --help.' });
  }
  const root = values.root ?? '.';
  if (!values['end-with-stdin']) return { help: false, root, jitConfig: given === '-' ? await readAll(stdin) : given };
  const chunks = stdin[Symbol.asyncIterator]();
  const jitConfig = given === '-' ? await readLine(chunks) : given;
  return { help: false, root, jitConfig, stdinEnded: untilEnd(chunks) };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        jitconfig: { type: 'string' },
        root: { type: 'string' },
        'end-with-stdin': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UserError('usage', errorText(error), { hint: 'See switchyard runner --help.' });
  }
}

async function readAll(stdin: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The first line, or all there is where no line ends; what follows the line in its chunk is dropped. */
async function readLine(chunks: AsyncIterator<Buffer>): Promise<string> {
  let text = '';
  while (!text.includes('\n')) {
    const { done, value } = await chunks.next();
    if (done) break;
    text += value.toString('utf8');
  }
  return text.split('\n', 1)[0] ?? '';
}

/** Never rejects: an input that breaks has ended. */
async function untilEnd(chunks: AsyncIterator<Buffer>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // As above.
  }
}
