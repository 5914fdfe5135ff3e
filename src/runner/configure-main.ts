/** Entry point of `switchyard runner config`, `remove` and `service`, which runner.cjs loads for these words alone. */
import { takeRunnerInputs } from '../common/settings.ts';
import { readArguments } from './listener/cli.ts';
import { runCommand } from './listener/configure/commands.ts';
import { report } from './listener/report.ts';

async function main(args: string[]): Promise<number> {
  const given = await readArguments(args, process.stdin);
  if (given.command === 'help' || given.command === 'run') throw new Error(`runner.cjs does ${given.command} itself`);
  return await runCommand(given.command, given.args, takeRunnerInputs());
}

/** The exit code. */
export const ended: Promise<number> = main(process.argv.slice(3)).catch(report);
