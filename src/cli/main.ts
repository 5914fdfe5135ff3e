/** The program `switchyard`. It loads only the table of commands; each command loads what it needs when it runs. */
import { commands } from './commands/index.ts';
import { runProgram } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';

// A reader that went away (`switchyard runs | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(commands, process.argv.slice(2), createTerminal());
