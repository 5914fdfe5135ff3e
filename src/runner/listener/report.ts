import { UserError } from '../../common/errors.ts';
import { ExitCode, ListenerEnd } from './errors.ts';

/** Says why the program ends: a sentence for the caller's mistakes, a stack for ours. @returns the exit code */
export function report(error: unknown): number {
  if (error instanceof UserError || error instanceof ListenerEnd) {
    const hint = error instanceof UserError && error.hint ? ` ${error.hint}` : '';
    process.stderr.write(`${error.message}${hint}\n`);
    return ExitCode.usage;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return ExitCode.terminated;
}
