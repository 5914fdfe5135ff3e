/** Docker actions and `docker://` steps: SEM-17.7, 17.8. */
import { dirname, join } from 'node:path';
import { newGuid } from '../../../common/ids.ts';
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
import type { ActionImage } from './action-images.ts';
import { whyKilled } from './attribution.ts';
import { VARIABLES } from './docker.ts';
import type { JobDocker, Mount } from './job-docker.ts';
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

/** @throws UserError when the job has no Docker */
export async function dockerHandler(given: DockerAction, job: JobState): Promise<StepHandler> {
  const docker = await job.openDocker();
  const { runs } = given;
  const image = imageOf(given, docker);
  const stage = (entrypoint: string | null, isMain: boolean) => (context: StepContext) =>
    runContainer(context, docker, image, given, entrypoint, isMain);
  return {
    run: stage(runs.entrypoint, true),
    ...(runs.pre ? { pre: { condition: runs.pre.condition, run: stage(runs.pre.program, false) } } : {}),
    ...(runs.post ? { post: { condition: runs.post.condition, run: stage(runs.post.program, false) } } : {}),
  };
}

function imageOf({ uses, action, runs }: DockerAction, { images }: JobDocker): ActionImage {
  if (runs.image.startsWith(IMAGE_PREFIX)) return images.pulled(runs.image.slice(IMAGE_PREFIX.length));
  return images.built(uses, action.folder ?? '', runs.image);
}

async function runContainer(
  context: StepContext,
  docker: JobDocker,
  image: ActionImage,
  { uses, inputs: given, action, runs }: DockerAction,
  entrypoint: string | null,
  isMain: boolean,
): Promise<boolean> {
  if (action.folder !== undefined) context.asAction({ ...action, folder: action.folder });
  // One of the workspace is known only now.
  await image.make(context.output, context.signal);
  const inputs = actionInputs(context, action.manifest, given);
  if (isMain) warnOfUnknown(context, action.manifest, context.job.evaluateMapping(given, context.scope(), 'with'));
  printAction(context, uses, inputs);
  const mounts = actionMounts(context.job);
  const paths = new PathMap(mounts);
  const inside = (path: string): string => paths.inside(context.job.host.outside(path));
  const name = `${image.name.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}_${newGuid().replaceAll('-', '')}`;
  const program = entrypoint ?? (isMain ? inputNamed(inputs, 'entrypoint') : undefined);
  const exit = await start(context, docker, name, {
    variables: variables(context, runs, inputs, inside),
    options: [...docker.mountOptions(mounts, context.output), ...(program ? ['--entrypoint', program] : [])],
    command: [image.name, ...actionArguments(runs, inputs).map(inside)],
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

/** Without `--rm`: what is left of a container that was killed says why. It is removed here in any case (SEM-28.5). */
async function start(
  context: StepContext,
  { docker, labels, network, socketOptions }: JobDocker,
  name: string,
  { variables, options, command }: { variables: Record<string, string>; options: string[]; command: string[] },
): Promise<ProcessExit> {
  const joined = network === undefined ? [] : ['--network', network];
  const all = ['--name', name, '--workdir', '/github/workspace', ...joined, ...socketOptions, ...options];
  context.output.command(`docker run ${[...all, ...command].join(' ')}`);
  const startedAt = Date.now();
  try {
    const exit = await context.follow((streams) =>
      docker.start(['run', ...labels, VARIABLES, ...all, ...command], { ...streams, variables }),
    );
    const reason =
      exit.code < 128 || context.signal.aborted
        ? undefined
        : await whyKilled(docker, name, exit.code, { container: startedAt, step: startedAt });
    return { ...exit, reason };
  } finally {
    await docker.run(['rm', '--force', '--volumes', name]).catch(() => undefined);
  }
}
