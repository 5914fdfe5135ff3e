import { parseArgs } from 'node:util';
import { errorText, UserError } from '../../common/errors.ts';
import { takeRunnerInputs } from '../../common/settings.ts';

export const HELP = `Usage: switchyard runner [run] [--jitconfig CONFIG] [--root DIR] [--once] [--end-with-stdin]
       switchyard runner config --url URL --token TOKEN [--name NAME] [--labels A,B] …
       switchyard runner remove --token TOKEN | --pat TOKEN | --local
       switchyard runner service install [USER] | start | stop | status | uninstall

Runs jobs of a GitHub or of Switchyard's server: one (an ephemeral runner) or one after the other.

Commands:
  run       Takes jobs: with a JIT config, or as the runner that the folder was configured for. The default.
  config    Registers this machine at a repository, organization or enterprise, and writes that into the folder.
  remove    Ends the registration and deletes what config wrote.
  service   Makes systemd run the configured runner.
  externals Fetches the Nodes of JavaScript actions ahead; see switchyard runner externals --help.

Options of run:
  --jitconfig CONFIG  The JIT config that the server issued for this runner; "-" reads it from standard input.
                      Without the option the variable ACTIONS_RUNNER_INPUT_JITCONFIG is read. Both keep it out of
                      the process list.
  --root DIR          The runner's own folder, for work and diagnostics. Default: the current folder. Of all commands.
  --once              End after one job; the registration stays.
  --end-with-stdin    Shut down, as on SIGTERM but within 5 s, when standard input ends: for a program that does not
                      want its runners to outlive it. "--jitconfig -" then reads the first line only.

Options of config:
  --url URL           https://github.com/OWNER/NAME, https://github.com/OWNER, or the same of another GitHub or of
                      Switchyard's server. A port counts.
  --token TOKEN       The registration token; of remove the remove token. Valid for one hour.
  --pat TOKEN         A personal access token instead, which such a token is asked for with. Also of remove.
  --name NAME         Default: the name of the machine.
  --labels A,B        Labels beside self-hosted, the system's and the architecture's.
  --no-default-labels Only the labels of --labels.
  --runnergroup NAME  Default: the default group.
  --work DIR          Folder for the jobs' files, from the root. Default: _work.
  --ephemeral         Take one job, then end the registration.
  --replace           Take the place of a runner of the same name.
  --disableupdate     Tell GitHub that the runner updates itself never; this one never does.
  --unattended        Ask nothing, also on a terminal.

Options of remove:
  --local             Delete the files only; the registration stays.

Every option may also come as ACTIONS_RUNNER_INPUT_NAME, such as ACTIONS_RUNNER_INPUT_TOKEN, which keeps it out of the
process list.

  --help              Show this text.

Examples:
  switchyard runner config --url https://github.com/me/app --token TOKEN --labels gpu
  switchyard runner
  switchyard runner remove --token TOKEN
  switchyard runner --jitconfig "$JITCONFIG"
  echo "$JITCONFIG" | switchyard runner --jitconfig - --root /var/lib/runner-1

Exit codes: 0 done or shut down, 1 the server refuses this runner, 2 wrong usage or JIT config, 5 another session is open,
8 this machine is not fit for a job: the disk is full, or something of the last job stays.
`;

/** Words that are programs of their own, loaded only when they are asked for. */
const COMMANDS = ['config', 'configure', 'remove', 'service'] as const;

export type ConfigureCommand = 'config' | 'remove' | 'service';

export type RunnerArguments =
  | { command: 'help' }
  | { command: ConfigureCommand; args: string[] }
  | {
      command: 'run';
      root: string;
      /** Undefined: the folder is to be configured. */
      jitConfig: string | undefined;
      isOnce: boolean;
      /** The folder was named: its `.env` counts. */
      hasOwnRoot: boolean;
      /** With --end-with-stdin: resolves when standard input has ended. */
      stdinEnded?: Promise<void>;
    };

/**
 * @param args what follows the word `runner`
 * @throws UserError `usage`
 */
export async function readArguments(args: string[], stdin: AsyncIterable<Buffer>): Promise<RunnerArguments> {
  const command = COMMANDS.find((word) => word === args[0]);
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' };
  if (command) return { command: command === 'configure' ? 'config' : command, args: args.slice(1) };
  const inputs = takeRunnerInputs();
  const { values } = parse(args[0] === 'run' ? args.slice(1) : args);
  const given = values.jitconfig ?? inputs.jitconfig;
  const run = {
    command: 'run' as const,
    root: values.root ?? '.',
    isOnce: values.once ?? false,
    hasOwnRoot: values.root !== undefined,
  };
  if (!values['end-with-stdin']) return { ...run, jitConfig: given === '-' ? await readAll(stdin) : given };
  const chunks = stdin[Symbol.asyncIterator]();
  const jitConfig = given === '-' ? await readLine(chunks) : given;
  return { ...run, jitConfig, stdinEnded: untilEnd(chunks) };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        jitconfig: { type: 'string' },
        root: { type: 'string' },
        once: { type: 'boolean' },
        'end-with-stdin': { type: 'boolean' },
        // How GitHub's runner was started, for its telemetry.
        startuptype: { type: 'string' },
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
