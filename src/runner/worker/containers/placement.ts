/**
 * Where the runner stands to its Docker engine: on the same machine, in a container of the engine (Docker out of
 * Docker), or beside an engine of its own (Docker in Docker). Bind mounts name paths of the engine's machine, so a
 * runner that guesses wrong gets empty folders; therefore the engine is asked for a file first (SEM-14.12).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { mountOption } from '../../../common/docker.ts';
import { errorText, UserError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import { isContained } from './contained.ts';
import { type Docker, DockerFailed } from './docker.ts';
import { containerLease, localFacts, processLease } from './lease.ts';
import { type PathPair, translate } from './paths.ts';

export interface Placement {
  kind: 'host' | 'shared' | 'private';
  /** Folders that runner and engine both see: `outside` as the engine names them, `inside` as the runner does. */
  folders: PathPair[];
  lease: string;
}

interface Container {
  Id: string;
  State: { StartedAt: string };
  Mounts: { Source: string; Destination: string }[];
}

/** The oldest engine whose API has what is used here (runner-protocol 11.7). */
const OLDEST_API = [1, 35] as const;

/**
 * Finds the placement, without trying it.
 * @param pid the runner's listener
 * @throws UserError `no-docker` when the engine does not answer or is too old
 */
export async function findPlacement(docker: Docker, workFolder: string, pid: number): Promise<Placement> {
  await checkVersion(docker);
  const lease = processLease(pid, localFacts());
  if (isContained()) {
    const self = await findSelf(docker);
    if (self === undefined) return { kind: 'private', folders: [{ outside: workFolder, inside: workFolder }], lease };
    const folders = self.Mounts.map(({ Source, Destination }) => ({ outside: Source, inside: Destination }));
    return { kind: 'shared', folders, lease: containerLease(self.Id, self.State.StartedAt) };
  }
  if (docker.socket === undefined)
    return { kind: 'private', folders: [{ outside: workFolder, inside: workFolder }], lease };
  return { kind: 'host', folders: [{ outside: '/', inside: '/' }], lease };
}

/** A path of the runner as the engine names it; undefined when the engine is not known to see it. */
export const enginePath = ({ folders }: Pick<Placement, 'folders'>, path: string): string | undefined =>
  translate(folders, path, 'inside', 'outside');

async function checkVersion(docker: Docker): Promise<void> {
  const version = await docker.run(['version', '--format', '{{.Server.APIVersion}}']).catch((error: unknown) => {
    throw new UserError('no-docker', `The Docker engine at ${docker.address} does not answer: ${errorText(error)}`);
  });
  const [major = 0, minor = 0] = version.trim().split('.').map(Number);
  if (major > OLDEST_API[0] || (major === OLDEST_API[0] && minor >= OLDEST_API[1])) return;
  throw new UserError(
    'no-docker',
    `The Docker engine has API version ${version.trim()}; at least ${OLDEST_API.join('.')} is needed.`,
  );
}

/** The runner's own container, if it is one of this engine. */
async function findSelf(docker: Docker): Promise<Container | undefined> {
  for (const id of selfIds()) {
    const found = await docker.inspect<Container>('container', id);
    if (found) return found;
  }
  return undefined;
}

/** Ids that the own container may have: files that Docker mounts tell it even with another host name. */
function selfIds(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const ids = [...mounts.matchAll(/\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) /g)].map(
    ([, id = '']) => id,
  );
  return [...new Set([...ids, ...(/^[0-9a-f]{12}$/.test(hostname()) ? [hostname()] : [])])];
}

/**
 * Makes a file in the work folder and asks the engine for it (D-20). Nothing is pulled and nothing runs: the content of
 * a container that was never started can be copied all the same.
 * @throws UserError `docker-paths` that says which folder the engine does not see and how to mount it
 */
export async function checkPlacement(docker: Docker, placement: Placement, workFolder: string): Promise<void> {
  const seen = enginePath(placement, workFolder);
  if (seen === undefined) throw notMounted(placement, workFolder);
  const id = newGuid();
  const folder = join(workFolder, `_docker-check-${id}`);
  const image = `switchyard-check:${id}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'file'), id);
    const empty = join(folder, 'empty.tar');
    writeFileSync(empty, Buffer.alloc(EMPTY_ARCHIVE_BYTES));
    await docker.run(['import', empty, image]);
    const source = enginePath(placement, folder) ?? folder;
    const container = await docker.run(['create', '--mount', mountOption(source, '/check', true), image, 'none']);
    const archive = await docker
      .run(['cp', `${container.trim()}:/check/file`, '-'])
      .finally(() => docker.run(['rm', container.trim()]));
    if (!archive.includes(id)) throw differs(docker, placement, workFolder);
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error;
    if (!/does not exist|could not find|no such file/i.test(error.message)) throw error;
    throw differs(docker, placement, workFolder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await docker.run(['rmi', image]).catch(() => undefined);
  }
}

/** Two blocks of zeros end an archive, in records of twenty. */
const EMPTY_ARCHIVE_BYTES = 20 * 512;

function notMounted({ folders }: Placement, workFolder: string): UserError {
  const mounted = folders.map(({ outside, inside }) => `${outside} at ${inside}`).join(', ') || 'nothing';
  return new UserError(
    'docker-paths',
    `The work folder ${workFolder} lies inside the runner's own container, so that the containers of jobs cannot be given it; mounted there is: ${mounted}.`,
    { hint: `Start the runner's container with a folder of the machine there, such as -v /srv/RUNNER:${workFolder}.` },
  );
}

function differs(docker: Docker, { kind, folders }: Placement, workFolder: string): UserError {
  const seen = enginePath({ folders }, workFolder);
  const hint =
    kind === 'shared'
      ? `Mount a folder of the machine at ${workFolder}: -v /srv/RUNNER:${workFolder}.`
      : `Mount the same folder or volume at ${workFolder} in the runner's container and in that of the engine.`;
  return new UserError(
    'docker-paths',
    `The Docker engine at ${docker.address} does not see the work folder: ${workFolder} of the runner is not ${seen} of the engine.`,
    { hint },
  );
}
