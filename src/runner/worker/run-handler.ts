/** `run` steps: SEM-16. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { newGuid } from '../../common/ids.ts';
import type { RunnableStep } from './actions/handlers.ts';
import { exitMessage } from './exit-message.ts';
import { resolveShell, type Shell } from './shells.ts';
import type { StepContext, StepHandler } from './step-context.ts';

const CYAN = '\u001b[36;1m';
const RESET = '\u001b[0m';

export function runHandler(step: RunnableStep): StepHandler {
  return {
    async run(context) {
      const inputs = context.job.evaluateMapping(step.inputs, context.scope(), 'run');
      // SEM-7.5: they do not reach into composite actions.
      const defaults = context.frame ? {} : context.job.runDefaults();
      const { host } = context.job;
      const shell = resolveShell(
        inputs.shell || defaults.shell,
        host.isContainer ? null : (context.environment().PATH ?? ''),
      );
      const cwd = workingFolder(context, inputs.workingDirectory || defaults.workingDirectory);
      const script = inputs.script ?? '';
      const file = host.inside(await writeScript(context, shell, script));
      const args = shell.args.map((argument) => argument.replaceAll('{0}', file));
      printHeader(context, script, shell);
      context.output.debug(`${shell.command} ${args.join(' ')}`);
      const exit = await context.run({
        command: shell.command,
        args,
        cwd,
        verbatimArguments: shell.verbatimArguments,
      });
      if (exit.code !== 0 && !context.signal.aborted) context.output.error(exitMessage(exit));
      return exit.code === 0;
    },
  };
}

/** @throws Error when the folder does not exist: spawning would blame the shell instead */
function workingFolder({ job }: StepContext, directory: string | undefined): string {
  const folder = resolve(job.host.inside(job.folders.workspace), directory ?? '');
  // A folder of a container may be one that this machine does not have.
  if (job.host.isContainer) return folder;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new Error(`The working directory ${folder} does not exist.`);
}

async function writeScript({ job }: StepContext, shell: Shell, script: string): Promise<string> {
  const file = join(job.folders.temp, `${newGuid()}${shell.extension}`);
  const text = shell.fixUp(script);
  await writeFile(file, process.platform === 'win32' ? text.replace(/\r?\n/g, '\r\n') : text);
  return file;
}

/** SEM-16.8 */
function printHeader({ job, env, output }: StepContext, script: string, shell: Shell): void {
  const lines = script.replace(/\r?\n$/, '').split(/\r?\n/);
  const variables = Object.entries({ ...job.env, ...env }).map(([name, value]) => `  ${name}: ${value}`);
  output.group(
    `Run ${lines[0] ?? ''}`,
    ...lines.map((line) => `${CYAN}${line}${RESET}`),
    `shell: ${[shell.command, ...shell.args].join(' ')}`,
    ...(variables.length > 0 ? ['env:', ...variables] : []),
  );
}
