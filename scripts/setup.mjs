// Brings a clone into a state where everything runs: checks Node and git, installs, builds; each only when needed.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hashOfFiles, sourceFiles } from './support/files.mjs';
import { fail, root } from './support/program.mjs';

const OLDEST_NODE = [20, 19];

/** What must not change for the build to stay fresh, besides src/. */
const BUILD_INPUTS = ['scripts/build.mjs', 'package-lock.json', 'package.json', 'tsconfig.json'];

/** Checks, installs and builds. Says one line for each thing that it does, and nothing when all is fresh. */
export function setUp(folder = root) {
  checkNode(process.versions.node);
  checkGit();
  if (!isInstalled(folder)) install(folder);
  if (!isBuilt(folder)) buildAll(folder);
  linkProgram(folder);
}

export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(
    `Switchyard needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${version}.`,
    'Install a newer one from https://nodejs.org, or with nvm: nvm install 22',
  );
}

function checkGit() {
  if (spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0) return;
  fail(
    'Switchyard needs git, and it is not on the PATH.',
    'Install it (https://git-scm.com/downloads), for example: apt-get install git',
  );
}

const installStamp = (folder) => join(folder, 'node_modules', '.switchyard', 'package-lock.sha256');
const buildStamp = (folder) => join(folder, 'dist', '.switchyard-build.sha256');

/** The stamp decides; without one, an install made by hand after the lock file last changed counts too. */
export function isInstalled(folder) {
  const lock = join(folder, 'package-lock.json');
  const stamp = readIfThere(installStamp(folder));
  if (stamp !== undefined) return stamp === hashOfFiles(folder, ['package-lock.json']);
  const marker = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(marker) || statSync(marker).mtimeMs < statSync(lock).mtimeMs) return false;
  writeInstallStamp(folder);
  return true;
}

function install(folder) {
  say('Installing dependencies …');
  run(folder, 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'The dependencies could not be installed.');
  writeInstallStamp(folder);
}

export function writeInstallStamp(folder) {
  write(installStamp(folder), hashOfFiles(folder, ['package-lock.json']));
}

export function isBuilt(folder) {
  const stamp = readIfThere(buildStamp(folder));
  return stamp !== undefined && existsSync(join(folder, 'dist', 'cli.js')) && stamp === buildHash(folder);
}

export function writeBuildStamp(folder) {
  write(buildStamp(folder), buildHash(folder));
}

function buildHash(folder) {
  const inputs = BUILD_INPUTS.filter((file) => existsSync(join(folder, file)));
  return hashOfFiles(folder, [...inputs, ...sourceFiles(folder, 'src').filter((file) => !/\.test\.tsx?$/.test(file))]);
}

function buildAll(folder) {
  say('Building …');
  // A build that is stopped half-way must not look fresh.
  rmSync(buildStamp(folder), { force: true });
  run(folder, process.execPath, ['scripts/build.mjs'], 'The build failed.');
  writeBuildStamp(folder);
}

/** npm links the programs of dependencies only; this makes `npx switchyard` work inside the clone. */
function linkProgram(folder) {
  const program = join(folder, 'bin', 'switchyard.mjs');
  const link = join(folder, 'node_modules', '.bin', 'switchyard');
  if (process.platform === 'win32' || !existsSync(program) || lstatSync(link, { throwIfNoEntry: false })) return;
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  chmodSync(program, 0o755);
  symlinkSync('../../bin/switchyard.mjs', link);
}

function run(folder, program, args, sentence) {
  const shell = process.platform === 'win32' && program === 'npm';
  const { status, error } = spawnSync(program, args, { cwd: folder, stdio: ['ignore', 2, 2], shell });
  if (status !== 0)
    fail(
      sentence,
      error
        ? `${program}: ${error.message}`
        : `${program} ${args.join(' ')} exited with ${status}; its output is above.`,
    );
}

/** On standard error: the standard output belongs to what runs after the set-up. */
function say(line) {
  process.stderr.write(`${line}\n`);
}

function write(file, text) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
