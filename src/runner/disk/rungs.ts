/** The rungs of this machine: nothing here is in use by a job of this runner, which has none. */
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../common/clock.ts';
import { inheritedEnvironment } from '../../common/settings.ts';
import { Docker } from '../worker/containers/docker.ts';
import { emptyFolder } from '../worker/folders.ts';
import { type CachedTool, type Rung, toolsToRemove } from './ladder.ts';

/** What was made lately may be wanted by somebody who is at work with it. */
const DOCKER_AGE = 'until=24h';
/** Of a volume that nobody has named. */
const ANONYMOUS = /^[0-9a-f]{64}$/;
/** An engine that does not answer must not keep a runner from its jobs. */
const DOCKER_MS = 60_000;

export interface ReclaimFolders {
  work: string;
  temp: string;
  toolCache: string;
}

/** From what costs nothing to what has to be fetched anew. */
export async function* rungsOf({ work, temp, toolCache }: ReclaimFolders, device: number): AsyncGenerator<Rung> {
  yield { what: 'what earlier jobs left in temp', remove: () => emptyFolder(temp) };
  yield { what: 'actions of earlier jobs', remove: () => emptyFolder(join(work, '_actions')) };
  yield* dockerRungs(device);
  for (const { path, tool, version } of toolsToRemove(await cachedTools(toolCache), systemClock.now())) {
    yield { what: `${tool} ${version} of the tool cache`, remove: () => rm(path, { recursive: true, force: true }) };
  }
}

/** `<tool>/<version>/<arch>`, as GitHub's toolkit lays them out. */
async function cachedTools(folder: string): Promise<(CachedTool & { path: string })[]> {
  const tools: (CachedTool & { path: string })[] = [];
  for (const tool of await namesIn(folder)) {
    for (const version of await namesIn(join(folder, tool))) {
      const path = join(folder, tool, version);
      tools.push({ tool, version, path, lastUsedMs: await lastUseOf(path) });
    }
  }
  return tools;
}

/** Programs lie no deeper, such as `x64/bin/node` of a version. */
const LOOKED_DEEP = 4;
const LOOKED_AT = 5_000;

/** The latest time that one of its files was read or written. Folders do not count: looking into one is a use of it. */
async function lastUseOf(path: string): Promise<number> {
  let latest = 0;
  let looked = 0;
  let folders = [path];
  for (let depth = 0; depth < LOOKED_DEEP; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      for (const name of await namesIn(folder)) {
        if (looked++ > LOOKED_AT) return latest;
        const found = await stat(join(folder, name)).catch(() => undefined);
        if (found?.isDirectory()) below.push(join(folder, name));
        else latest = Math.max(latest, found?.atimeMs ?? 0, found?.mtimeMs ?? 0);
      }
    }
    folders = below;
  }
  return latest;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** None unless the engine keeps its data on the file system that is short. */
async function* dockerRungs(device: number): AsyncGenerator<Rung> {
  const signal = AbortSignal.timeout(DOCKER_MS);
  const docker = await engineOn(device, signal);
  if (!docker) return;
  const run = (...args: string[]): Promise<string> => docker.run(args, { signal });
  yield { what: 'images without a name', remove: () => run('image', 'prune', '--force', '--filter', DOCKER_AGE) };
  yield { what: 'the build cache of Docker', remove: () => run('builder', 'prune', '--force', '--filter', DOCKER_AGE) };
  yield {
    what: 'unused volumes without a name',
    async remove() {
      const volumes = (await run('volume', 'ls', '--quiet', '--filter', 'dangling=true')).split('\n');
      const unnamed = volumes.filter((name) => ANONYMOUS.test(name));
      if (unnamed.length > 0) await run('volume', 'rm', ...unnamed);
    },
  };
}

async function engineOn(device: number, signal: AbortSignal): Promise<Docker | undefined> {
  try {
    const docker = Docker.find(inheritedEnvironment(), tmpdir());
    const folder = (await docker.run(['info', '--format', '{{.DockerRootDir}}'], { signal })).trim();
    return (await stat(folder)).dev === device ? docker : undefined;
  } catch {
    return undefined; // No Docker, or none that this runner can see into.
  }
}
