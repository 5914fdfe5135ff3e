import { CommanderError, Command as Program, Option as ProgramOption } from 'commander';
import { version } from '../common/package.ts';
import { type Argument, type Command, Input, type Option } from './command.ts';
import { EXIT, reportFailure } from './failure.ts';
import type { Terminal } from './terminal/terminal.ts';

const EXIT_CODES_HELP = `
Exit codes: 0 done, 1 the work failed, 2 the command was called wrongly.`;

/** Parses `argv` (without the program's own name), runs the command and resolves to the exit code. */
export async function runProgram(commands: Command[], argv: string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.done;
  const program = buildProgram(commands, terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said already what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(error, terminal);
  }
}

function buildProgram(commands: Command[], terminal: Terminal, done: (code: number) => void): Program {
  const program = new Program('switchyard')
    .description('A self-hosted GitHub Actions platform: server, runner and fleet in one.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .addHelpText('after', `${EXIT_CODES_HELP}\nswitchyard help COMMAND shows options and examples.`);
  configure(program, terminal);
  for (const command of commands) addCommand(program, command, terminal, done);
  return program;
}

function addCommand(program: Program, command: Command, terminal: Terminal, done: (code: number) => void): void {
  const sub = program.command(command.name).summary(command.summary);
  configure(sub, terminal);
  sub.description(command.description ? `${command.summary}.\n\n${command.description}` : `${command.summary}.`);
  sub.helpOption('-h, --help', 'print help');
  for (const argument of command.arguments) sub.argument(argumentPattern(argument), argument.what);
  for (const option of command.options) sub.addOption(programOption(option));
  sub.addHelpText('after', examplesText(command));
  if (command.passThrough) sub.allowUnknownOption().allowExcessArguments().passThroughOptions().helpOption(false);
  sub.action(async () => {
    done(await command.run(new Input(sub.args, sub.opts()), terminal));
  });
}

function argumentPattern({ name, required, repeat }: Argument): string {
  const words = repeat ? `${name}...` : name;
  return required ? `<${words}>` : `[${words}]`;
}

/** Before commands are added: they copy these. */
function configure(program: Program, { out, err, colors }: Terminal): void {
  program.exitOverride();
  program.showHelpAfterError('switchyard --help lists the commands; switchyard help COMMAND its options.');
  program.configureOutput({
    writeOut: (text) => void out.write(text),
    writeErr: (text) => void err.write(text),
    outputError: (text, write) => write(text.replace(/^error:/, colors.red('error:'))),
    getOutHelpWidth: () => out.columns || 100,
  });
}

function programOption({ flags, what, repeat, choices }: Option): ProgramOption {
  const option = new ProgramOption(flags, what);
  if (choices) option.choices(choices);
  // One word each: `--secret A=1 PATH` must not swallow PATH as commander's own variadic options do.
  if (repeat) option.argParser((value: string, earlier: string[] | undefined) => [...(earlier ?? []), value]);
  return option;
}

function examplesText({ examples }: Command): string {
  if (examples.length === 0) return '';
  return `\nExamples:\n${examples.map(({ what, command }) => `  # ${what}\n  ${command}`).join('\n')}`;
}
