import type { MirrorState } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { printLine, type Sink } from '../terminal/terminal.ts';
import { actionOf, ownerAndName } from './words.ts';

const ACTIONS = ['set', 'show', 'sync', 'remove'] as const;

export const mirrorCommand: Command = {
  name: 'mirror',
  summary: 'run here what happens to a repository on github.com or a GHES',
  description:
    'A mirror is brought up to date before a webhook of its original counts, and the original is told of runs by commit statuses, for which a token is needed.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'repository', what: 'OWNER/NAME on this server, the same as there', required: true },
    { name: 'url', what: 'with set: the original, https://HOST/OWNER/NAME' },
  ],
  options: [
    { flags: '--with-token', what: "with set: read the original's token from standard input" },
    { flags: '--json', what: 'print the mirror as one JSON object' },
    ...connectionOptions('server'),
  ],
  examples: [
    {
      what: 'mirror a private repository, and show its runs there',
      command: 'switchyard mirror set me/app https://github.com/me/app --with-token < token.txt',
    },
    { what: 'when it was fetched, and what is wrong', command: 'switchyard mirror show me/app' },
    { what: 'fetch now', command: 'switchyard mirror sync me/app' },
  ],
  async run(input, { out, err }) {
    const action = actionOf(input, ACTIONS);
    const repository = ownerAndName(input.argument(1) ?? '').join('/');
    const url = input.argument(2);
    if ((url === undefined) === (action === 'set')) {
      throw new UsageError('The address of the original goes with set, and set needs it.');
    }
    const client = new ServerClient(await findEndpoint('server', input));
    if (action === 'remove') {
      await client.removeMirror(repository);
      printLine(out, `${safeText(repository)} is no mirror any more; the repository stays.`);
      return EXIT.done;
    }
    const state =
      url === undefined
        ? await (action === 'sync' ? client.syncMirror(repository) : client.mirror(repository))
        : await client.setMirror(repository, { url, token: await tokenOf(input, err) });
    printLine(out, input.flag('json') ? JSON.stringify(state) : describe(repository, state));
    return EXIT.done;
  },
};

async function tokenOf(input: Input, err: Sink): Promise<string | undefined> {
  if (!input.flag('withToken')) return undefined;
  const { readSecret } = await import('../terminal/secret-input.ts');
  return readSecret('Token of the original', err);
}

function describe(repository: string, { url, hasToken, fetchedAt, problem, waiting }: MirrorState): string {
  const lines = [
    `${safeText(repository)} mirrors ${safeText(url)}, last fetched ${fetchedAt ?? 'never'}.`,
    hasToken ? 'The original is told of runs.' : 'The original is not told of runs: there is no token for it.',
    ...(waiting > 0 ? [`${waiting} webhooks wait for the next fetch.`] : []),
    ...(problem ? [`Last problem: ${safeText(problem)}`] : []),
  ];
  return lines.join('\n');
}
