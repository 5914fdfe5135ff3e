import pc from 'picocolors';
import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Sink } from '../../src/cli/terminal/terminal.ts';

/** Keeps what is written to it. */
export class Recorder implements Sink {
  text = '';
  readonly columns: number;
  readonly rows: number;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.text += text;
  }
}

export interface CommandResult {
  code: number;
  out: string;
  err: string;
}

/** Runs a command in this process, as in a wide terminal that nobody watches. */
export async function runCommand(argv: string[], table: Command[] = commands): Promise<CommandResult> {
  const [out, err] = [new Recorder(200), new Recorder(200)];
  const terminal = { out, err, interactive: false, colors: pc.createColors(false) };
  const code = await runProgram(table, argv, terminal);
  return { code, out: out.text, err: err.text };
}

/** Runs a command that talks to this server, as its administrator. */
export function runCommandAt(server: { url: string; token: string }, ...argv: string[]): Promise<CommandResult> {
  return runCommand([...argv, '--server', server.url, '--token', server.token]);
}
