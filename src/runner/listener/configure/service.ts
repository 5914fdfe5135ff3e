/** `switchyard runner service`: a configured runner as a service of systemd, as GitHub's `svc.sh` does. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText, UserError } from '../../../common/errors.ts';
import { packageRoot } from '../../../common/package.ts';
import { sudoUser } from '../../../common/settings.ts';
import { runForeground } from '../../process.ts';
import { ExitCode } from '../errors.ts';
import { readRunnerFolder, SERVICE_FILE } from '../runner-folder.ts';
import { usage } from './options.ts';
import { unitName, unitText } from './systemd-unit.ts';

const UNITS = '/etc/systemd/system';
const ACTIONS = ['install', 'start', 'stop', 'status', 'uninstall'] as const;
type Action = (typeof ACTIONS)[number];

/** @throws UserError */
export async function runService(args: string[]): Promise<number> {
  const { action, user, root } = readServiceArguments(args);
  if (process.platform !== 'linux' || !existsSync('/run/systemd/system')) {
    throw new UserError('no-systemd', 'This machine is not run by systemd, so it has no place for a service.', {
      hint: 'Let what starts programs on this machine run switchyard runner in the folder.',
    });
  }
  if (action !== 'status' && process.getuid?.() !== 0) {
    throw new UserError('not-root', `service ${action} changes the system: run it as root, such as with sudo.`);
  }
  switch (action) {
    case 'install':
      return await install(root, user ?? sudoUser() ?? userInfo().username);
    case 'uninstall':
      return await uninstall(root);
    default:
      return await systemctl(action === 'status' ? ['--no-pager', 'status'] : [action], installed(root));
  }
}

export function readServiceArguments(args: string[]): { action: Action; user: string | undefined; root: string } {
  const { values, positionals } = parse(args);
  const [word, user, ...rest] = positionals;
  const action = ACTIONS.find((one) => one === word);
  if (!action || rest.length > 0 || (user !== undefined && action !== 'install')) {
    throw usage(
      `service takes one of ${ACTIONS.join(', ')}${word === undefined ? '' : `, not "${positionals.join(' ')}"`}.`,
    );
  }
  // What systemd reads as a user's name.
  if (user !== undefined && !/^[a-zA-Z_][a-zA-Z0-9_.-]*$/.test(user)) throw usage(`"${user}" is no user's name.`);
  return { action, user, root: resolve(values.root ?? '.') };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: { root: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw usage(errorText(error));
  }
}

async function install(root: string, user: string): Promise<number> {
  const { runner } = readRunnerFolder(root);
  if (existsSync(join(root, SERVICE_FILE))) {
    throw new UserError('service-installed', `The runner in ${root} is a service already.`);
  }
  const place = new URL(runner.GitHubUrl).pathname.replace(/^\/|\/$/g, '');
  const name = unitName({ place, runner: runner.AgentName });
  const command = [process.execPath, join(packageRoot, 'bin', 'switchyard.mjs'), 'runner', 'run', '--root', root];
  const text = unitText({ place, runner: runner.AgentName, user, root, command });
  const file = join(UNITS, name);
  if (existsSync(file)) throw new UserError('service-installed', `${file} exists: a service has this name already.`);
  writeFileSync(file, text, { mode: 0o644 });
  writeFileSync(join(root, SERVICE_FILE), `${name}\n`, { mode: 0o644 });
  process.stdout.write(`${file} runs the runner as ${user}. Start it with: switchyard runner service start\n`);
  if (statSync(root).uid === 0 && user !== 'root') {
    process.stdout.write(`The folder belongs to root: give it to ${user} first, such as with chown -R.\n`);
  }
  return (await systemctl(['daemon-reload'])) || (await systemctl(['enable'], name));
}

async function uninstall(root: string): Promise<number> {
  const name = installed(root);
  if (existsSync(join(UNITS, name))) {
    await systemctl(['disable', '--now'], name);
    rmSync(join(UNITS, name));
  }
  rmSync(join(root, SERVICE_FILE));
  return await systemctl(['daemon-reload']);
}

/** The name of the folder's unit. @throws UserError `no-service` */
function installed(root: string): string {
  const file = join(root, SERVICE_FILE);
  const name = existsSync(file)
    ? readFileSync(file, 'utf8')
        .replace(/^\uFEFF/, '')
        .trim()
    : '';
  // The folder may belong to somebody else than root.
  if (/^[\w.-]+\.service$/.test(name) && name.startsWith('actions.runner.')) return name;
  throw new UserError('no-service', `The runner in ${root} is no service of the system.`, {
    hint: 'Make it one with switchyard runner service install.',
  });
}

async function systemctl(args: string[], unit?: string): Promise<number> {
  const code = await runForeground('systemctl', unit === undefined ? args : [...args, unit]);
  return code === 0 ? ExitCode.normal : ExitCode.terminated;
}
