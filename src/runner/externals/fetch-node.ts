/** Fetches a Node with npm: its settings of registry, proxy, certificates and credentials count, whatever they are. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { errorText, OutsideError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { startProcess } from '../process.ts';
import { findProgram } from '../worker/shells.ts';
import { withFetchLock } from './fetch-lock.ts';
import { type BroughtNode, PINNED_NODES } from './pinned-nodes.ts';

/** Some 45 MB to fetch. */
const TIMEOUT_MS = 10 * 60_000;
/** What a fetch that was killed left behind is removed after this long. */
const LEFTOVER_MS = 3_600_000;
const VERSION_FILE = '.version';

export interface FetchOptions {
  /** Holds `node20`, `node24`; made if it is not there. */
  folder: string;
  /** Of npm: where its settings, a proxy and the programs are found. */
  environment: Record<string, string>;
  /** Called once it is certain that something is fetched. */
  onFetch(what: string): void;
  signal: AbortSignal;
  /** Only tests give another. */
  pinned?: { version: string; name: string; integrity: string };
}

export const programOf = (folder: string, node: BroughtNode): string => join(folder, node, 'bin', 'node');

/**
 * The Node in the folder: the one that is there, or else the pinned one, fetched, checked against its hash and put there
 * whole. One that somebody else put there, without our mark, is never replaced. Runners that share the folder fetch once.
 * @returns path of the program
 * @throws OutsideError saying why it cannot be had; the signal's reason
 */
export async function fetchNode(node: BroughtNode, options: FetchOptions): Promise<string> {
  const { folder } = options;
  const pinned = options.pinned ?? pinnedFor(node);
  const program = programOf(folder, node);
  if (await isThere(folder, node, pinned.version)) return program;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    await mkdir(folder, { recursive: true });
    await withFetchLock(join(folder, `.${node}.lock`), signal, async () => {
      if (await isThere(folder, node, pinned.version)) return;
      await removeLeftovers(folder, node);
      options.onFetch(`Node ${pinned.version}`);
      await install(node, pinned, { ...options, signal });
    });
    return program;
  } catch (error) {
    options.signal.throwIfAborted();
    const why = signal.aborted ? `it took longer than ${TIMEOUT_MS / 60_000} minutes` : errorText(error);
    throw new OutsideError(`Node ${pinned.version} cannot be had: ${why}`, { retryable: true, cause: error });
  }
}

/** @throws OutsideError where there is no package for this machine */
function pinnedFor(node: BroughtNode): { version: string; name: string; integrity: string } {
  const { version, packages } = PINNED_NODES[node];
  const platform = `${process.platform}-${process.arch}`;
  const found = packages[platform];
  if (found) return { version, ...found };
  throw new OutsideError(`Node ${version} cannot be had: no package of it is known for ${platform}`, {
    retryable: false,
  });
}

async function isThere(folder: string, node: BroughtNode, version: string): Promise<boolean> {
  if (!existsSync(programOf(folder, node))) return false;
  const marked = await readFile(join(folder, node, VERSION_FILE), 'utf8').catch(() => undefined);
  return marked === undefined || marked.trim() === version;
}

async function install(
  node: BroughtNode,
  { name, version, integrity }: { name: string; version: string; integrity: string },
  { folder, environment, signal }: FetchOptions,
): Promise<void> {
  const beside = join(folder, `.${node}-${newGuid()}`);
  await mkdir(join(beside, 'new'), { recursive: true });
  try {
    const archive = await pack(`${name}@${version}`, beside, environment, signal);
    const found = await hashOf(archive);
    if (found !== integrity) throw new Error(`the package ${name}@${version} has the hash ${found}, not ${integrity}`);
    await extract({ file: archive, cwd: join(beside, 'new'), strip: 1, filter: isWanted, preserveOwner: false });
    await checkVersion(join(beside, 'new', 'bin', 'node'), version, signal);
    await writeFile(join(beside, 'new', VERSION_FILE), `${version}\n`);
    // An older one may be in use: its processes keep it open.
    await rename(join(folder, node), join(beside, 'old')).catch(() => undefined);
    await rename(join(beside, 'new'), join(folder, node));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

const isWanted = (path: string): boolean => path === 'package/bin/node' || path === 'package/LICENSE';

/** @returns path of the archive */
async function pack(
  what: string,
  into: string,
  environment: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const program = npmProgram(environment);
  // A short way out where nothing can be reached: the job waits.
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=500'];
  const options = [...retries, '--pack-destination', into, '--ignore-scripts', '--loglevel=error', '--no-color'];
  const { code, output } = await toItsEnd(program, ['pack', what, ...options], into, environment, signal);
  const [archive] = (await readdir(into)).filter((name) => name.endsWith('.tgz'));
  if (code === 0 && archive) return join(into, archive);
  const said = output.filter((line) => line.includes('error')).slice(0, 3);
  throw new Error(`npm pack ${what} failed with exit code ${code}${said.length > 0 ? `: ${said.join(' ')}` : ''}`);
}

/** @throws Error where there is none */
function npmProgram(environment: Record<string, string>): string {
  const beside = join(dirname(process.execPath), 'npm');
  const program = findProgram('npm', environment.PATH ?? '') ?? findProgram(beside, '');
  if (program) return program;
  throw new Error('the program npm, which would fetch it, is not on the PATH of this runner');
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest('base64')}`;
}

async function checkVersion(program: string, version: string, signal: AbortSignal): Promise<void> {
  const unable = (why: string): Error => new Error(`it does not run on this machine: ${why}`);
  const { code, output } = await toItsEnd(program, ['--version'], dirname(program), {}, signal).catch(
    (error: unknown) => {
      throw unable(errorText(error));
    },
  );
  if (code !== 0 || output[0] !== `v${version}`) throw unable(output[0] ?? `exit code ${code}`);
}

async function toItsEnd(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<{ code: number; output: string[] }> {
  signal.throwIfAborted();
  const output: string[] = [];
  const child = await startProcess({ command, args, cwd, env, onLines: (lines) => void output.push(...lines) });
  const stop = (): void => child.kill();
  signal.addEventListener('abort', stop, { once: true });
  const { code } = await child.exited;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return { code, output };
}

async function removeLeftovers(folder: string, node: BroughtNode): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`.${node}-`)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(join(folder, name), { recursive: true, force: true });
  }
}
