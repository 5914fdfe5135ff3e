/** The program `switchyard`. It loads only the table of commands; each command loads what it needs when it runs. */
import { commands } from './commands/index.ts';
import { runProgram } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';

let isReaderGone = false;

// A reader that went away (`switchyard runs | head -1`) is no failure. A command that has started programs listens to
// signals: it gets the one of a closed terminal, once, and ends in order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (process.listenerCount('SIGHUP') === 0) process.exit(0);
  if (!isReaderGone) process.emit('SIGHUP');
  isReaderGone = true;
});

process.exitCode = await runProgram(commands, process.argv.slice(2), createTerminal());
