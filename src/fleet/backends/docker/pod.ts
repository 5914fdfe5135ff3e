/** Carries out what `planPod` says: all containers of one runner, or none of them. */
import { VARIABLES } from '../../../common/docker.ts';
import { OutsideError } from '../../../common/errors.ts';
import type { PullSecrets } from '../../resources/pull-secrets.ts';
import type { VolumeFiles } from '../../resources/volume-files.ts';
import { lastLines } from '../instance-folder.ts';
import { type ArchiveEntry, archiveOf, type Copying, perFolder } from './archive.ts';
import { type Engine, EngineFailed } from './engine.ts';
import { copiedEntries, FILLING_PART, type Filling, fillingEntries } from './filling.ts';
import { CONFIG_FILE } from './folders.ts';
import type { Images } from './images.ts';
import { listContainers, listVolumes } from './instances.ts';
import { containerName, type Owner, RUNNER_PART } from './names.ts';
import type { ContainerPlan, PodPlan } from './plan-pod.ts';
import { withFolders } from './volumes.ts';

/** Init containers may fetch something. */
const INIT_TIMEOUT_MS = 10 * 60_000;

export interface PodStart {
  engine: Engine;
  images: Images;
  owner: Owner;
  plan: PodPlan;
  jitConfig: string;
  /** @throws OutsideError for what is missing */
  volumeFiles: () => VolumeFiles;
  pullSecrets: () => PullSecrets;
  /** Called with the id of the runner's container before it is started. */
  onCreated: (id: string) => void;
}

/** Resolves when all of them run. @throws OutsideError; what it has made by then is left to `removePod` */
export async function startPod(start: PodStart): Promise<void> {
  const { engine, images, owner, plan, jitConfig, onCreated } = start;
  const { init, runner, beside } = plan;
  const content = contentOf(start);
  const secrets = start.pullSecrets();
  await Promise.all([...init, runner, ...beside].map((container) => images.prepare(container, secrets)));
  if (plan.filling) await fill(start, plan.filling, content);
  for (const container of init) await runInit(start, container, content);
  // The runner first: the others are in its network, and the engine copies its image's /runner into the volume.
  onCreated(await create(start, runner, content, [{ path: CONFIG_FILE, content: jitConfig }]));
  await Promise.all(beside.map((container) => create(start, container, content)));
  await engine.run(['start', ...[runner, ...beside].map(({ part }) => containerName(owner, part))]);
}

interface Content {
  files: VolumeFiles;
  /** Of volumes of which parts are mounted, on the engine's machine. */
  folders: Map<string, string>;
  /** Copied into this container. */
  of(container: ContainerPlan): ArchiveEntry[];
}

/** Read once, so that all containers see the same, and only where one of them has such a volume. */
function contentOf({ plan, volumeFiles }: PodStart): Content {
  const { filling, init, runner, beside, fileGroup } = plan;
  const isNeeded = filling || [...init, runner, ...beside].some(({ copies }) => copies.length > 0);
  const files = isNeeded ? volumeFiles() : {};
  return {
    files,
    folders: new Map(),
    of: ({ copies }) => copies.flatMap((copy) => copiedEntries(copy, files, fileGroup)),
  };
}

async function fill({ engine, owner, plan }: PodStart, filling: Filling, { files, folders }: Content): Promise<void> {
  const name = containerName(owner, FILLING_PART);
  await engine.run(['create', '--pull', 'never', ...filling.options, plan.runner.image, 'none']);
  const input = archiveOf(fillingEntries(filling, files, plan.fileGroup));
  await engine.run(['cp', '-', `${name}:/`], { input });
  await engine.run(['rm', '--force', '--volumes', name]);
  for (const volume of filling.partsOf)
    folders.set(volume, await engine.run(['volume', 'inspect', '--format', '{{.Mountpoint}}', volume]));
}

/** @param more files beside those of its plan */
async function create(
  { engine, owner }: PodStart,
  container: ContainerPlan,
  content: Content,
  more: ArchiveEntry[] = [],
): Promise<string> {
  const { options, image, command, variables, openFolders, part, hasReadOnlyRoot } = container;
  const words = withFolders(options, content.folders);
  const args = ['create', '--pull', 'never', ...words, VARIABLES, image, ...command];
  const id = (await engine.run(args, { variables })).trim();
  // It has not begun: nothing in it can see the files before its own program does.
  const entries = [...openFolders.map((path) => ({ path })), ...more, ...content.of(container)];
  for (const { folder, within } of hasReadOnlyRoot ? perFolder(entries, openFolders) : wholly(entries))
    await engine.run(['cp', '-', `${containerName(owner, part)}:${folder}`], { input: archiveOf(within) });
  return id;
}

const wholly = (entries: ArchiveEntry[]): Copying[] => (entries.length > 0 ? [{ folder: '/', within: entries }] : []);

async function runInit(start: PodStart, container: ContainerPlan, content: Content): Promise<void> {
  const { engine, owner } = start;
  const name = containerName(owner, container.part);
  await create(start, container, content);
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
