/** `switchyard runner config`: registers this machine and writes that into the folder. Source: runner-protocol 1.2 to 1.4. */
import { generateKeyPair } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorText, UserError } from '../../../common/errors.ts';
import { setting } from '../../../common/settings.ts';
import { isHosted } from '../../../protocol/github/urls.ts';
import {
  publicKeyXml,
  type RsaPrivateJwk,
  RUNNER_FILES,
  rsaParameters,
} from '../../../protocol/runner/runner-files.ts';
import { type HttpClient, withSlash } from '../../http.ts';
import { runnerArch, runnerOs } from '../../platform.ts';
import { isConfigured } from '../runner-folder.ts';
import type { Dialog } from './dialog.ts';
import { type ConfigOptions, checkName, readLabels } from './options.ts';
import { type Registered, RegistrationClient, type RunnerGroup } from './registration-client.ts';

/**
 * There from before the registration until the files are written: of a run that was broken off between, the next one
 * knows that the runner of this name is its own.
 */
const PENDING_FILE = '.runner_pending';

interface Place {
  url: string;
  name: string;
  group: RunnerGroup;
}

/** @throws UserError, OutsideError */
export async function configure(options: ConfigOptions, dialog: Dialog, http: HttpClient): Promise<void> {
  const { root } = options;
  if (isConfigured(root)) {
    throw new UserError('already-configured', `A runner is configured in ${root} already.`, {
      hint: 'Remove it first with switchyard runner remove, or use another folder with --root.',
    });
  }
  const url = (await dialog.require('--url', 'What is the URL of your repository?', options.url)).replace(/\/+$/, '');
  const client = new RegistrationClient(http, url);
  const token = await registrationToken(options, dialog, client);
  const actionsUrl = await client.introduce(token);
  dialog.say(`Connected to ${new URL(url).host}`);

  const group = await chooseGroup(options, dialog, await client.groups(token));
  const name = await dialog.choose('Enter the name of the runner', options.name, hostname());
  checkName(name);
  const question = `This runner will have the labels ${systemLabels(options).join(', ')}. Enter any further ones`;
  const userLabels = options.labels ?? readLabels(await dialog.choose(question, undefined, '')) ?? [];
  const work = await dialog.choose('Enter the name of the work folder', options.work, '_work');

  makeFolder(root);
  const place = { url, name, group };
  const replaces = await replaced(options, dialog, client, token, place);
  const key = await newRsaKey();
  write(root, PENDING_FILE, { url, name });
  const registered = await client.register(token, {
    name,
    groupId: group.id,
    version: setting('runnerVersion'),
    isEphemeral: options.isEphemeral,
    systemLabels: systemLabels(options),
    userLabels: userLabels.filter((label) => !isAmong(label, systemLabels(options))),
    publicKeyXml: publicKeyXml(key),
    replaces,
  });
  dialog.say(replaces === undefined ? 'Runner successfully added' : 'Successfully replaced the runner');
  writeFiles(options, place, { ...registered, actionsUrl, work }, key);
  dialog.say(`Settings saved. Start it with: switchyard runner${root === process.cwd() ? '' : ` --root ${root}`}`);
}

async function registrationToken(
  { token, pat }: ConfigOptions,
  dialog: Dialog,
  client: RegistrationClient,
): Promise<string> {
  if (pat !== undefined) return client.tokenFor(pat, 'registration');
  return dialog.require('--token', 'What is your runner register token?', token);
}

const systemLabels = ({ hasDefaultLabels }: ConfigOptions): string[] =>
  hasDefaultLabels ? ['self-hosted', runnerOs, runnerArch] : [];

const isAmong = (label: string, labels: string[]): boolean =>
  labels.some((one) => one.toLowerCase() === label.toLowerCase());

async function chooseGroup(
  { runnerGroup }: ConfigOptions,
  dialog: Dialog,
  groups: RunnerGroup[],
): Promise<RunnerGroup> {
  const fallback = groups.find(({ isDefault }) => isDefault)?.name ?? groups[0]?.name ?? 'Default';
  const wished =
    groups.length > 1 ? await dialog.choose('Enter the name of the runner group', runnerGroup, fallback) : runnerGroup;
  const name = wished ?? fallback;
  const group = groups.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (group) return group;
  throw new UserError('no-runner-group', `There is no runner group "${name}" for self-hosted runners.`, {
    hint: groups.length > 0 ? `There are: ${groups.map((one) => one.name).join(', ')}.` : undefined,
  });
}

/** @returns the id of the runner whose place this one takes, if there is one */
async function replaced(
  { root, replaces }: ConfigOptions,
  dialog: Dialog,
  client: RegistrationClient,
  token: string,
  { url, name }: Place,
): Promise<number | undefined> {
  const existing = await client.findRunner(token, name);
  if (!existing) return undefined;
  const isOwn = existing.isOffline && isPending(root, url, name);
  if (replaces || isOwn || (await dialog.confirm(`A runner called ${name} exists. Replace it?`))) return existing.id;
  throw new UserError('runner-exists', `A runner called ${name} is registered there already.`, {
    hint: 'Give this one another --name, or take its place with --replace.',
  });
}

function isPending(root: string, url: string, name: string): boolean {
  try {
    const pending = JSON.parse(readFileSync(join(root, PENDING_FILE), 'utf8')) as { url?: string; name?: string };
    return pending.url === url && pending.name === name;
  } catch {
    return false;
  }
}

/** In the form of GitHub's runner, which may take the folder over. `.runner` comes last: with it the folder is configured. */
function writeFiles(
  options: ConfigOptions,
  { url, name, group }: Place,
  registered: Registered & { actionsUrl: string; work: string },
  key: RsaPrivateJwk,
): void {
  const { root } = options;
  const { authorizationUrl, legacyAuthorizationUrl, clientId } = registered;
  write(root, RUNNER_FILES.key, rsaParameters(key));
  write(root, RUNNER_FILES.credentials, {
    scheme: 'OAuth',
    data: {
      clientId,
      authorizationUrl: legacyAuthorizationUrl ?? authorizationUrl,
      requireFipsCryptography: 'True',
      ...(legacyAuthorizationUrl === undefined
        ? {}
        : { enableAuthMigrationByDefault: 'true', authorizationUrlV2: authorizationUrl }),
    },
  });
  write(root, RUNNER_FILES.runner, {
    ...(isHosted(url) ? {} : { isHostedServer: false }),
    agentId: registered.id,
    agentName: name,
    poolId: group.id,
    poolName: group.name,
    ...(options.disablesUpdate ? { disableUpdate: true } : {}),
    ...(options.isEphemeral ? { ephemeral: true } : {}),
    serverUrl: registered.actionsUrl,
    gitHubUrl: url,
    workFolder: registered.work,
    useV2Flow: true,
    useRunnerAdminFlow: true,
    serverUrlV2: withSlash(registered.serverUrl),
  });
  rmSync(join(root, PENDING_FILE), { force: true });
}

/** Whole or not at all. */
function write(root: string, name: string, content: object): void {
  const file = join(root, name);
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function makeFolder(root: string): void {
  if (existsSync(root)) return;
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError('bad-root', `The runner's folder ${root} cannot be made: ${errorText(error)}.`);
  }
}

/** Asynchronous on purpose: the synchronous form has hung on Node 20 (runner-protocol 12.39). */
async function newRsaKey(): Promise<RsaPrivateJwk> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'jwk' }) as RsaPrivateJwk;
}
