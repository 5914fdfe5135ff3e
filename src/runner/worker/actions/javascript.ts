/** JavaScript actions (SEM-17.5, 17.6, 17.15). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { systemConnection } from '../../../protocol/runner/job-message.ts';
import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import { exitMessage } from '../exit-message.ts';
import type { JobState } from '../job-state.ts';
import type { StepContext, StepHandler } from '../step-context.ts';
import type { LoadedAction } from './action-store.ts';
import { actionInputs, inputVariables, printAction, stateVariables, warnOfUnknown } from './inputs.ts';
import type { JavaScriptRuns } from './manifest.ts';
import { nodeProgram } from './node-programs.ts';
import { acceptedServerName } from './server-name.ts';

export function javaScriptHandler(
  action: LoadedAction,
  runs: JavaScriptRuns,
  step: { uses: string; inputs: TemplateToken },
): StepHandler {
  const stage = (program: string, isMain: boolean) => (context: StepContext) =>
    runProgram(context, action, runs, step, program, isMain);
  const { main, pre, post } = runs;
  return {
    run: stage(main, true),
    ...(pre ? { pre: { condition: pre.condition, run: stage(pre.program, false) } } : {}),
    ...(post ? { post: { condition: post.condition, run: stage(post.program, false) } } : {}),
  };
}

async function runProgram(
  context: StepContext,
  action: LoadedAction,
  runs: JavaScriptRuns,
  { uses, inputs: given }: { uses: string; inputs: TemplateToken },
  program: string,
  isMain: boolean,
): Promise<boolean> {
  context.asAction(action);
  const inputs = actionInputs(context, action.manifest, given);
  if (isMain) warnOfUnknown(context, action.manifest, context.job.evaluateMapping(given, context.scope(), 'with'));
  printAction(context, uses, inputs);
  const { host, folders } = context.job;
  const { annotations } = context.record;
  const known = annotations.length;
  const file = join(action.folder, program);
  if (!(await isFile(file))) {
    throw new UserError('bad-action', `${uses}: its action.yml names ${program}, and there is no such file.`);
  }
  const exit = await context.run({
    command: await nodeProgram(context, runs.version),
    args: [host.inside(file)],
    cwd: host.inside(folders.workspace),
    env: {
      ...inputVariables(inputs),
      ...stateVariables(context.state),
      ...serviceVariables(context.job),
      ...(await acceptedServerName(context.job, file)),
    },
  });
  // `setFailed` of the toolkit has said why, and ends with 1.
  const hasSaid = exit.reason === undefined && annotations.slice(known).some(({ level }) => level === 'failure');
  if (exit.code !== 0 && !hasSaid && !context.signal.aborted) context.output.error(exitMessage(exit));
  return exit.code === 0;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** What the toolkit's clients for artifacts and caches read. */
export function serviceVariables(job: JobState): Record<string, string> {
  const { url, data, authorization } = systemConnection(job.message);
  const variables: Record<string, string | undefined> = {
    ACTIONS_RUNTIME_URL: data?.PipelinesServiceUrl ?? url,
    ACTIONS_RUNTIME_TOKEN: authorization.parameters.AccessToken,
    ACTIONS_RESULTS_URL: data?.ResultsServiceUrl,
    ACTIONS_CACHE_URL: data?.CacheServerUrl,
    ACTIONS_CACHE_SERVICE_V2: job.variable('actions_uses_cache_service_v2') === 'true' ? 'True' : undefined,
  };
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
