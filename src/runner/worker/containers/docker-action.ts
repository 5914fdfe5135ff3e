/** Docker actions and `docker://` steps: SEM-17.7, 17.8. */
import { dirname, join } from 'node:path';
import { proxyEnvironment } from '../../../common/settings.ts';
import { evaluateTemplate, toText } from '../../../workflow/expressions/index.ts';
import type { ProcessExit } from '../../process.ts';
import type { LoadedAction } from '../actions/action-store.ts';
import type { RunnableStep } from '../actions/handlers.ts';
import { actionInputs, inputVariables, printAction, stateVariables, warnOfUnknown } from '../actions/inputs.ts';
import { serviceVariables } from '../actions/javascript.ts';
import type { DockerRuns } from '../actions/manifest.ts';
import { stepEnvironment } from '../environment.ts';
import { exitMessage } from '../exit-message.ts';
import type { JobState } from '../job-state.ts';
import type { StepContext, StepHandler } from '../step-context.ts';
import { DockerRun } from './docker-run.ts';
import type { Mount } from './job-docker.ts';
import { areHooked } from './operator.ts';
import { PathMap } from './paths.ts';
import { splitWords } from './words.ts';

export interface DockerAction {
  /** As the workflow names it. */
  uses: string;
  inputs: RunnableStep['inputs'];
  action: Omit<LoadedAction, 'folder'> & { folder: string | undefined };
  runs: DockerRuns;
}

const IMAGE_PREFIX = 'docker://';

/** An image as an action, which declares nothing. */
export function imageAction(uses: string, { inputs }: RunnableStep, image: string): DockerAction {
  const runs: DockerRuns = {
    using: 'docker',
    image: IMAGE_PREFIX + image,
    entrypoint: null,
    args: null,
    env: null,
    pre: null,
    post: null,
  };
  return {
    uses,
    inputs,
    runs,
    action: { manifest: { name: uses, inputs: [], runs }, folder: undefined, repository: '', ref: '' },
  };
}

/** How a container of an action is run: by Docker, or by the operator's hooks. */
export interface ActionContainers {
  /** Before a stage; the image may have to be made. @throws UserError, DockerFailed, or the signal's reason */
  prepare(context: StepContext): Promise<void>;
  run(context: StepContext, request: ActionContainerRequest): Promise<ProcessExit>;
}

/** All paths, but those outside of mounts, are the container's. */
export interface ActionContainerRequest {
  variables: Record<string, string>;
  mounts: Mount[];
  /** In the place of the image's own. */
  entrypoint: string | undefined;
  args: string[];
}

/** @throws UserError when the job has no Docker */
export async function dockerHandler(given: DockerAction, job: JobState): Promise<StepHandler> {
  const { runs } = given;
  const containers = await containersFor(given, job);
  const stage = (entrypoint: string | null, isMain: boolean) => (context: StepContext) =>
    runContainer(context, containers, given, entrypoint, isMain);
  return {
    run: stage(runs.entrypoint, true),
    ...(runs.pre ? { pre: { condition: runs.pre.condition, run: stage(runs.pre.program, false) } } : {}),
    ...(runs.post ? { post: { condition: runs.post.condition, run: stage(runs.post.program, false) } } : {}),
  };
}

async function containersFor({ uses, action, runs }: DockerAction, job: JobState): Promise<ActionContainers> {
  const image = runs.image.startsWith(IMAGE_PREFIX) ? runs.image.slice(IMAGE_PREFIX.length) : undefined;
  const folder = action.folder ?? '';
  if (areHooked(job)) {
    const { HookedAction } = await import('./hooked-action.ts');
    return new HookedAction(image === undefined ? { dockerfile: join(folder, runs.image) } : { image });
  }
  const docker = await job.openDocker();
  const { images } = docker;
  return new DockerRun(docker, image === undefined ? images.built(uses, folder, runs.image) : images.pulled(image));
}

async function runContainer(
  context: StepContext,
  containers: ActionContainers,
  { uses, inputs: given, action, runs }: DockerAction,
  entrypoint: string | null,
  isMain: boolean,
): Promise<boolean> {
  if (action.folder !== undefined) context.asAction({ ...action, folder: action.folder });
  await containers.prepare(context);
  const inputs = actionInputs(context, action.manifest, given);
  if (isMain) warnOfUnknown(context, action.manifest, context.job.evaluateMapping(given, context.scope(), 'with'));
  printAction(context, uses, inputs);
  const mounts = actionMounts(context.job);
  const paths = new PathMap(mounts);
  const inside = (path: string): string => paths.inside(context.job.host.outside(path));
  const exit = await containers.run(context, {
    variables: variables(context, runs, inputs, inside),
    mounts,
    entrypoint: entrypoint ?? (isMain ? inputNamed(inputs, 'entrypoint') : undefined),
    args: actionArguments(runs, inputs).map(inside),
  });
  if (exit.code !== 0 && !context.signal.aborted) context.output.error(exitMessage(exit));
  return exit.code === 0;
}

/** `args` of the manifest see inputs only; without any the input of that name counts (SEM-17.7). */
function actionArguments({ args }: DockerRuns, inputs: Record<string, string>): string[] {
  if (args === null) return splitWords(inputNamed(inputs, 'args') ?? '');
  return args.map((argument) => toText(evaluateTemplate(argument, { contexts: { inputs } })));
}

function inputNamed(inputs: Record<string, string>, name: string): string | undefined {
  return Object.entries(inputs).find(([key]) => key.toLowerCase() === name)?.[1] || undefined;
}

/** Every value that is a path of the runner becomes that of the container, as on GitHub. */
function variables(
  context: StepContext,
  runs: DockerRuns,
  inputs: Record<string, string>,
  inside: (path: string) => string,
): Record<string, string> {
  const { job } = context;
  const host = { isContainer: true, environment: {}, inside };
  const extra = { ...inputVariables(inputs), ...stateVariables(context.state), ...serviceVariables(job) };
  const { PATH: _, ...environment } = stepEnvironment(
    job,
    context.env,
    job.githubInside(context.github, host),
    extra,
    host,
  );
  const path = context.env.PATH ?? job.env.PATH;
  const all = {
    ...proxyEnvironment(),
    ...job.evaluateMapping(runs.env, { contexts: { inputs } }, 'env'),
    ...environment,
    // What earlier steps put in front of PATH is not there in another image.
    ...(path === undefined ? {} : { PATH: path }),
    HOME: '/github/home',
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, inside(value)]));
}

function actionMounts({ folders }: JobState): Mount[] {
  return [
    { outside: folders.workspace, inside: '/github/workspace' },
    { outside: folders.temp, inside: '/github/runner_temp' },
    { outside: folders.fileCommands, inside: '/github/file_commands' },
    { outside: join(folders.temp, '_github_home'), inside: '/github/home' },
    { outside: dirname(folders.eventFile), inside: '/github/workflow' },
  ];
}
