/** Carries out what `planPod` says: all containers of one runner, or none of them. */
import { VARIABLES } from '../../../common/docker.ts';
import { OutsideError } from '../../../common/errors.ts';
import { lastLines } from '../instance-folder.ts';
import { archiveOf } from './archive.ts';
import { type Engine, EngineFailed } from './engine.ts';
import { CONFIG_FILE } from './folders.ts';
import type { Images } from './images.ts';
import { listContainers, listVolumes } from './instances.ts';
import { containerName, type Owner, RUNNER_PART } from './names.ts';
import type { ContainerPlan, PodPlan } from './plan-pod.ts';

/** Init containers may fetch something. */
const INIT_TIMEOUT_MS = 10 * 60_000;

export interface PodStart {
  engine: Engine;
  images: Images;
  owner: Owner;
  plan: PodPlan;
  jitConfig: string;
  /** Called with the id of the runner's container before it is started. */
  onCreated: (id: string) => void;
}

/** Resolves when all of them run. @throws OutsideError; what it has made by then is left to `removePod` */
export async function startPod({ engine, images, owner, plan, jitConfig, onCreated }: PodStart): Promise<void> {
  const { init, runner, beside } = plan;
  await Promise.all([...init, runner, ...beside].map((container) => images.prepare(container)));
  for (const container of init) await runInit(engine, owner, container);
  // The runner first: the others are in its network, and the engine copies its image's /runner into the volume.
  onCreated(await create(engine, owner, runner, { path: CONFIG_FILE, content: jitConfig }));
  await Promise.all(beside.map((container) => create(engine, owner, container)));
  await engine.run(['start', ...[runner, ...beside].map(({ part }) => containerName(owner, part))]);
}

async function create(
  engine: Engine,
  owner: Owner,
  { options, image, command, variables, openFolders, part }: ContainerPlan,
  file?: { path: string; content: string },
): Promise<string> {
  const args = ['create', '--pull', 'never', ...options, VARIABLES, image, ...command];
  const id = (await engine.run(args, { variables })).trim();
  const entries = [...openFolders.map((path) => ({ path })), ...(file ? [file] : [])];
  // It has not begun: nothing in it can see the file before its own program does.
  if (entries.length > 0)
    await engine.run(['cp', '-', `${containerName(owner, part)}:/`], { input: archiveOf(entries) });
  return id;
}

async function runInit(engine: Engine, owner: Owner, container: ContainerPlan): Promise<void> {
  const name = containerName(owner, container.part);
  await create(engine, owner, container);
  try {
    await engine.run(['start', '--attach', name], { timeoutMs: INIT_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof EngineFailed)) throw error;
    const output = await outputOf(engine, name);
    throw new OutsideError(`The init container "${container.part}" failed: ${output || error.printed}`, {
      retryable: true,
      cause: error,
    });
  }
  await engine.run(['rm', '--force', '--volumes', name]);
}

/** The end of what a container has printed; empty when nobody can tell. */
export async function outputOf(engine: Engine, container: string): Promise<string> {
  const printed = await engine.run(['logs', '--tail', '20', container], { withErrors: true }).catch(() => '');
  return lastLines(printed);
}

/** Removes every container and volume of an instance, or only what is beside the runner. Those of others stay. */
export async function removePod(engine: Engine, owner: Owner, { onlyBeside = false } = {}): Promise<void> {
  const containers = await listContainers(engine, owner);
  const ids = containers.filter(({ part }) => !onlyBeside || part !== RUNNER_PART).map(({ ID }) => ID);
  if (ids.length > 0) await quietly(engine.run(['rm', '--force', '--volumes', ...ids]));
  if (onlyBeside) return;
  const volumes = await listVolumes(engine, owner);
  if (volumes.length > 0) await quietly(engine.run(['volume', 'rm', ...volumes.map(({ name }) => name)]));
}

/** What somebody else has removed meanwhile is as good as removed. */
async function quietly(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    const isDone = error instanceof EngineFailed && (error.isAbsence || /is already in progress/i.test(error.printed));
    if (!isDone) throw error;
  });
}
