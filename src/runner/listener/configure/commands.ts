/** What `switchyard runner` does besides running jobs. Loaded only for that: an idle runner stays small. */
import { errorText, OutsideError } from '../../../common/errors.ts';
import { version } from '../../../common/package.ts';
import { HttpClient } from '../../http.ts';
import { runnerArch, runnerOs } from '../../platform.ts';
import type { ConfigureCommand } from '../cli.ts';
import { ExitCode } from '../errors.ts';
import { loadEnvironmentFile } from '../runner-folder.ts';
import { configure } from './configure.ts';
import { openDialog } from './dialog.ts';
import { configOptions, removeOptions } from './options.ts';
import { remove } from './remove.ts';

/**
 * @param inputs from ACTIONS_RUNNER_INPUT_…
 * @throws UserError for the caller's mistakes
 */
export async function runCommand(
  command: ConfigureCommand,
  args: string[],
  inputs: Record<string, string>,
): Promise<number> {
  if (command === 'service') {
    const { runService } = await import('./service.ts');
    return runService(args);
  }
  try {
    if (command === 'config') await withHttp(configOptions(args, inputs), configure);
    else await withHttp(removeOptions(args, inputs), remove);
    return ExitCode.normal;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return ExitCode.terminated;
  }
}

async function withHttp<Options extends { root: string; isUnattended: boolean }>(
  options: Options,
  work: (options: Options, dialog: ReturnType<typeof openDialog>, http: HttpClient) => Promise<void>,
): Promise<void> {
  loadEnvironmentFile(options.root);
  const http = new HttpClient(`SwitchyardRunner/${version} (${runnerOs}; ${runnerArch})`);
  try {
    await work(options, openDialog(options.isUnattended), http);
  } finally {
    http.close();
  }
}
