import { join, resolve } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { dataFolderOf, nextPlace, placeOf, placeOptions } from './options.ts';
import { actionOf } from './words.ts';

const ACTIONS = ['kubeconfig'] as const;

export const fleetCommand: Command = {
  name: 'fleet',
  summary: 'keep runners alive for a GitHub, without a server',
  description: `Logs as JSON lines to standard error. The token for its own API lies in DATA/fleet-token.`,
  arguments: [
    {
      name: 'action',
      what: 'nothing to serve; kubeconfig writes a file for kubectl, and prints where it lies',
      choices: ACTIONS,
    },
  ],
  options: [
    ...placeOptions,
    { flags: '--github <url>', what: 'the GitHub that the runners serve: a Switchyard, or GitHub Enterprise Server' },
    { flags: '--github-token-file <file>', what: `file with the token for it (default: ${SETTINGS.token.env})` },
    { flags: '--fleet <url>', what: 'of kubeconfig: the address that kubectl is to use' },
    { flags: '--output <file>', what: 'of kubeconfig: where to write it (default: DATA/kubeconfig)' },
  ],
  examples: [
    {
      what: 'for a server on another machine',
      command: 'switchyard fleet --github http://ci.example.com:8484 --github-token-file token',
    },
    { what: 'let kubectl talk to it', command: 'export KUBECONFIG=$(switchyard fleet kubeconfig)' },
  ],
  async run(input, terminal) {
    if (input.argument(0) !== undefined) {
      actionOf(input, ACTIONS);
      printLine(terminal.out, await kubeconfig(input));
      return EXIT.done;
    }
    const url = input.text('github') ?? setting('serverUrl');
    if (!URL.canParse(url)) throw new UsageError('Give the GitHub that the runners serve by --github URL.');
    const { serveAlone } = await import('../platform/serve.ts');
    const { fleetToken, openFleet, openLogger } = await import('../platform/programs.ts');
    const folder = dataFolderOf(input);
    const github = { url, token: await gitHubToken(input) };
    const place = input.text('port') ? placeOf(input) : nextPlace(placeOf(input));
    const logger = await openLogger('fleet');
    await serveAlone('fleet', folder, terminal, async () =>
      openFleet(place, { dataFolder: join(folder, 'fleet'), token: await fleetToken(folder), github, logger }),
    );
    return EXIT.done;
  },
};

async function kubeconfig(input: Input): Promise<string> {
  const { findEndpoint } = await import('../client/endpoints.ts');
  const { writeKubeconfig } = await import('../platform/kubeconfig.ts');
  const folder = dataFolderOf(input);
  const { fleetToken } = await import('../platform/programs.ts');
  const { url } = await findEndpoint('fleet', input, folder);
  const file = resolve(input.text('output') ?? join(folder, 'kubeconfig'));
  await writeKubeconfig(file, { url, token: await fleetToken(folder), fleetFolder: join(folder, 'fleet') });
  return file;
}

async function gitHubToken(input: Input): Promise<string> {
  const { readToken } = await import('../client/endpoints.ts');
  const file = input.text('githubTokenFile');
  const token = file ? await readToken(file) : setting('token');
  if (token) return token;
  const hint = `Put it into ${SETTINGS.token.env}, or into a file named by --github-token-file.`;
  throw new UserError('no-token', file ? `${file} holds no token.` : 'The fleet needs a token for its GitHub.', {
    hint,
  });
}
