import { parseArgs } from 'node:util';
import { errorText, UserError } from '../../common/errors.ts';
import { takeEnvironmentVariable } from '../../common/settings.ts';

export const HELP = `Usage: switchyard runner --jitconfig CONFIG [--root DIR]

Runs jobs of a server: one (an ephemeral runner) or one after the other.

Options:
  --jitconfig CONFIG  The JIT config that the server issued for this runner; "-" reads it from standard input.
                      Without the option the variable ACTIONS_RUNNER_INPUT_JITCONFIG is read. Both keep it out of
                      the process list.
  --root DIR          The runner's own folder, for work and diagnostics. Default: the current folder.
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
  const jitConfig = given === '-' ? await readAll(stdin) : given;
  return { help: false, root: values.root ?? '.', jitConfig };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: { jitconfig: { type: 'string' }, root: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
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
