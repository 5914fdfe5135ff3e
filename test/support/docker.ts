/**
 * A Docker engine for tests: the one that answers, or a private one that tests share while they run. Images are made of
 * this machine's own programs, since nothing may be pulled.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { requirement } from './require.ts';
import { waitFor } from './wait.ts';

/** The engine that tests share, and a second one in a network of its own, as one in a container is. */
const ENGINES = {
  shared: { home: join(tmpdir(), 'switchyard-test-docker'), command: ['dockerd'] },
  second: { home: join(tmpdir(), 'switchyard-test-docker-2'), command: ['unshare', '--net', 'dockerd'] },
} as const;

type EngineName = keyof typeof ENGINES;

const homeOf = (name: EngineName): string => ENGINES[name].home;
const socketOf = (name: EngineName): string => join(homeOf(name), 'docker.sock');
const usersOf = (name: EngineName): string => join(homeOf(name), 'users');

const PROGRAMS =
  'sh bash cat chmod cp date echo env grep head hostname id ls mkdir mv readlink rm sed sleep sort stat tail touch tr uname wc'.split(
    ' ',
  );

/** Changes with what is done to make the image. */
const RECIPE = 'v3 ';

export interface TestDocker {
  /** For programs that are to use this engine. */
  env: Record<string, string>;
  socket: string;
  /** Name of an image with a shell, and the libraries that this machine's Node needs. No registry has it. */
  image: string;
  /** Calls docker; its standard output without the last line break. */
  docker(...args: string[]): string;
  close(): Promise<void>;
}

const answers = (env: Record<string, string>): boolean => {
  try {
    execFileSync('docker', ['version'], { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
};

/** How there is one; undefined, with a word about it, on a machine that has none. */
export const dockerEngine = (): 'running' | 'private' | undefined =>
  requirement('docker', () => {
    if (!findProgram('docker')) return undefined;
    if (answers({})) return 'running';
    return process.getuid?.() === 0 && findProgram('dockerd') && findProgram('iptables') ? 'private' : undefined;
  });

/** @param name `second` only where the first is private too */
export async function startDocker(engine: 'running' | 'private', name: EngineName = 'shared'): Promise<TestDocker> {
  const env: Record<string, string> = engine === 'private' ? { DOCKER_HOST: `unix://${socketOf(name)}` } : {};
  const close = engine === 'private' ? await joinPrivate(name, env) : async () => undefined;
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trimEnd();
  return {
    env,
    socket: engine === 'private' ? socketOf(name) : '/var/run/docker.sock',
    docker,
    close,
    image: importImage(docker),
  };
}

/** Starts the engine unless another test has; who leaves last ends it. */
async function joinPrivate(name: EngineName, env: Record<string, string>): Promise<() => Promise<void>> {
  mkdirSync(usersOf(name), { recursive: true, mode: 0o700 });
  const mine = join(usersOf(name), `${process.pid}-${Math.random()}`);
  await exclusively(name, async () => {
    writeFileSync(mine, '');
    if (!answers(env)) await startEngine(name, env);
  });
  return () =>
    exclusively(name, async () => {
      rmSync(mine, { force: true });
      if (liveUsers(name).length === 0) await stopEngine(name);
    });
}

async function startEngine(name: EngineName, env: Record<string, string>): Promise<void> {
  await stopEngine(name);
  const { home, command } = ENGINES[name];
  const file = join(home, 'dockerd.log');
  const log = openSync(file, 'w');
  const folders = ['--data-root', join(home, 'data'), '--exec-root', join(home, 'exec')];
  const [program, ...words] = [
    ...command,
    ...folders,
    '--pidfile',
    join(home, 'pid'),
    '-H',
    `unix://${socketOf(name)}`,
  ];
  spawn(program, words, { detached: true, stdio: ['ignore', log, log] }).unref();
  closeSync(log);
  await waitFor('dockerd to answer', async () => answers(env) || undefined, 60_000).catch((error: unknown) => {
    throw new Error(`${error}\n${readIfThere(file).slice(-4_000)}`);
  });
  const left = execFileSync('docker', ['ps', '-aq'], { env: { ...process.env, ...env } })
    .toString()
    .split('\n')
    .filter(Boolean);
  if (left.length > 0)
    execFileSync('docker', ['rm', '--force', '--volumes', ...left], { env: { ...process.env, ...env } });
}

async function stopEngine(name: EngineName): Promise<void> {
  const pid = Number(readIfThere(join(homeOf(name), 'pid')));
  // A process that has ended has no command line any more, also while nobody has taken note of its end.
  const lives = (): boolean => readIfThere(`/proc/${pid}/cmdline`).includes(homeOf(name));
  if (!pid || !lives()) return;
  process.kill(pid, 'SIGTERM');
  await waitFor('dockerd to end', async () => !lives() || undefined, 30_000);
}

/** Names of users whose process lives. */
function liveUsers(name: EngineName): string[] {
  return readdirSync(usersOf(name)).filter((user) => {
    if (existsSync(`/proc/${user.split('-')[0]}`)) return true;
    rmSync(join(usersOf(name), user), { force: true });
    return false;
  });
}

/** One process at a time; a lock whose owner has died does not count. */
async function exclusively(name: EngineName, action: () => Promise<void>): Promise<void> {
  const lock = join(homeOf(name), 'lock');
  await waitFor('the lock of the test engine', async () => takeLock(lock) || undefined, 90_000);
  try {
    await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = readIfThere(lock);
    if (owner !== '' && !existsSync(`/proc/${owner}`)) rmSync(lock, { force: true });
    return false;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The port is one where nothing listens: a pull fails at once. */
function importImage(docker: TestDocker['docker']): string {
  const files = [...new Set([...PROGRAMS.map(usrPath), ...libraries()])].filter(Boolean);
  const facts = files.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`).join('\n');
  const image = `127.0.0.1:9/switchyard/test:${createHash('sha256')
    .update(RECIPE + facts)
    .digest('hex')
    .slice(0, 12)}`;
  if (docker('images', '-q', image) !== '') return image;
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-image-'));
  mkdirSync(join(folder, 'etc'), { recursive: true });
  mkdirSync(join(folder, 'tmp'));
  execFileSync('chmod', ['1777', join(folder, 'tmp')]);
  writeFileSync(
    join(folder, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nsomebody:x:1000:1000::/home/somebody:/bin/sh\n',
  );
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nsomebody:x:1000:\n');
  const archive = `${folder}.tar`;
  execFileSync('tar', ['-c', '-h', '-P', '--transform', 's,^/,,', '-f', archive, ...files]);
  symlinkSync('usr/bin', join(folder, 'bin'));
  execFileSync('tar', ['-r', '-f', archive, '-C', folder, 'bin', 'etc', 'tmp']);
  docker('import', '--change', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', archive, image);
  rmSync(folder, { recursive: true });
  rmSync(archive);
  return image;
}

/** What the programs, this machine's Node and its Docker client load, with the loader itself. */
function libraries(): string[] {
  const programs = [...PROGRAMS.map(usrPath), process.execPath, usrPath('docker')].filter(Boolean);
  // Of a program that needs none it complains.
  const { stdout } = spawnSync('ldd', programs);
  const printed = stdout.toString();
  return [...printed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, file = '']) => file);
}

/** `/bin` and `/usr/bin` are one folder, which has one name in the image. */
const usrPath = (name: string): string => (findProgram(name) ?? '').replace(/^\/bin\//, '/usr/bin/');
