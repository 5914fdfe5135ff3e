import { generateKeyPair } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { App } from '../../protocol/dashboard/index.ts';
import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { type Columns, printList } from '../terminal/list.ts';
import { actionOf, wanted } from './words.ts';

const ACTIONS = ['create', 'key', 'install', 'uninstall', 'list', 'remove'] as const;

export const appCommand: Command = {
  name: 'app',
  summary: 'GitHub Apps: what controllers of runners and bots sign in as',
  description:
    'key makes a pair of keys here and gives the server the public one; the private one is written to a new file that only you can read. install prints the number of the installation, which clients want beside the id and the key.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'slug', what: 'short name of the App: lower case, digits and -' },
    { name: 'account', what: 'owner of the repositories; of install and uninstall' },
  ],
  options: [
    { flags: '--permission <name=level>', what: "what it may do, in GitHub's names; of create", repeat: true },
    { flags: '--name <text>', what: 'its name for people; of create' },
    { flags: '--out <file>', what: 'where key writes the private key (default: SLUG.pem)' },
    { flags: '--public-key <file>', what: 'of key: a public key that there is, in the place of a new pair' },
    { flags: '-R, --repository <owner/name>', what: 'install it for this repository only', repeat: true },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    {
      what: 'for Actions Runner Controller',
      command: 'switchyard app create scaler --permission organization_self_hosted_runners=write',
    },
    { what: 'its key', command: 'switchyard app key scaler --out scaler.pem' },
    { what: 'for all repositories of an owner', command: 'switchyard app install scaler me' },
  ],
  async run(input, { out }) {
    const action = actionOf(input, ACTIONS);
    const slug = action === 'list' ? '' : wanted(input, 1, 'the short name of the App');
    const client = await AdminClient.of(input);
    const apps = await act(client, action, slug, input);
    printList(out, input, apps, COLUMNS);
    return EXIT.done;
  },
};

async function act(client: AdminClient, action: (typeof ACTIONS)[number], slug: string, input: Input): Promise<App[]> {
  switch (action) {
    case 'list':
      return (await client.apps()).apps;
    case 'create':
      return [await client.createApp(slug, input.text('name'), input.pairs('permission'))];
    case 'key':
      return [await addKey(client, slug, input)];
    case 'install': {
      const repositories = input.list('repository');
      const account = wanted(input, 2, 'the owner that it is installed on');
      return [await client.installApp(slug, account, repositories.length > 0 ? repositories : null)];
    }
    case 'uninstall':
      await client.uninstallApp(slug, wanted(input, 2, 'the owner that it is installed on'));
      return [];
    case 'remove':
      await client.removeApp(slug);
      return [];
  }
}

/** The private key never leaves this machine; it is there before the server knows the other. */
async function addKey(client: AdminClient, slug: string, input: Input): Promise<App> {
  const known = input.text('publicKey');
  if (known !== undefined) return client.addAppKey(slug, await readFile(known, 'utf8').catch(unreadable(known)));
  const file = input.text('out') ?? `${slug}.pem`;
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  // PKCS 1, as GitHub gives them: some clients read no other.
  const text = privateKey.export({ type: 'pkcs1', format: 'pem' });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be made: ${error instanceof Error ? error.message : String(error)}`);
  });
  return client.addAppKey(slug, publicKey.export({ type: 'spki', format: 'pem' }).toString());
}

const unreadable = (file: string) => (): never => {
  throw new UsageError(`${file} cannot be read.`);
};

const COLUMNS: Columns<App> = {
  APP: ({ id }) => id,
  SLUG: ({ slug }) => slug,
  'CLIENT ID': ({ clientId }) => clientId,
  KEYS: ({ keys }) => keys.length,
  INSTALLED: ({ installations }) => installations.map(({ id, account }) => `${id} ${account}`).join(', ') || 'nowhere',
  PERMISSIONS: ({ permissions }) =>
    Object.entries(permissions)
      .map(([name, level]) => `${name}=${level}`)
      .join(' '),
};
