import { errorText, OutsideError, UserError } from '../common/errors.ts';
import { version } from '../common/package.ts';
import { UsageError } from './command.ts';
import { printLine, type Terminal } from './terminal/terminal.ts';

/** docs/cli.md lists these. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Says what went wrong, a person's mistake in one sentence, ours with its stack, and returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  const { err, colors } = terminal;
  const prefix = colors.red('error:');
  if (error instanceof UsageError) {
    printLine(err, `${prefix} ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof UserError) {
    printLine(err, `${prefix} ${error.message}`);
    if (error.hint) printLine(err, error.hint);
    return EXIT.failed;
  }
  if (error instanceof OutsideError) {
    printLine(err, `${prefix} ${error.message}`);
    return EXIT.failed;
  }
  printLine(err, `${prefix} ${errorText(error)}`);
  printLine(err, `This is a mistake in Switchyard ${version}, not yours. Please report it with these lines:`);
  printLine(err, error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}
