import { resolve } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { sizeText } from '../../common/sizes.ts';
import type { Artifact } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { StorageClient } from '../client/storage-client.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { runArgument, runIdOf } from './subjects.ts';

export const artifactsCommand: Command = {
  name: 'artifacts',
  summary: 'list, download or delete the artifacts of a run',
  arguments: [runArgument, { name: 'artifact', what: 'name or number of one, to download or delete it' }],
  options: [
    { flags: '-o, --output <file>', what: 'where to write it; without it, as NAME.zip in this folder' },
    { flags: '--delete', what: 'delete it instead' },
    { flags: '--json', what: 'list them as one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'what run 12 has left behind', command: 'switchyard artifacts 12' },
    { what: 'download one as site.zip', command: 'switchyard artifacts 12 site' },
  ],
  async run(input, terminal) {
    const runId = runIdOf(input);
    const word = input.argument(1);
    const [output, isDeletion] = [input.text('output'), input.flag('delete')];
    if (word === undefined && (output !== undefined || isDeletion)) throw new UsageError('Name the artifact.');
    const client = new ServerClient(await findEndpoint('server', input));
    const storage = new StorageClient(client.http);
    const { artifacts } = await storage.artifacts(runId);
    if (word === undefined) return list(artifacts, input, terminal);
    const artifact = artifactNamed(artifacts, word);
    if (isDeletion) {
      const { repository } = await client.run(runId);
      await storage.deleteArtifact(repository, artifact.id);
      printLine(terminal.out, `Deleted ${safeText(artifact.name)}.`);
      return EXIT.done;
    }
    const file = resolve(output ?? fileNameOf(artifact));
    await storage.download(runId, artifact.id, file);
    printLine(terminal.out, `${file} (${sizeText(artifact.sizeBytes)})`);
    return EXIT.done;
  },
};

/** They come newest first, so that of several attempts the last is meant. */
function artifactNamed(artifacts: Artifact[], word: string): Artifact {
  const found = artifacts.find(({ name }) => name === word) ?? artifacts.find(({ id }) => String(id) === word);
  if (found) return found;
  throw new UserError('no-artifact', `The run has no artifact "${word}".`, {
    hint: artifacts.length > 0 ? `It has: ${artifacts.map(({ name }) => safeText(name)).join(', ')}.` : undefined,
  });
}

/** Names hold no slash, but nobody wants a hidden file. */
const fileNameOf = ({ name }: Artifact): string => `${name.replace(/^\.+/, '')}${name.endsWith('.zip') ? '' : '.zip'}`;

function list(artifacts: Artifact[], input: Input, { out }: Terminal): number {
  const now = Date.now();
  printList(out, input, artifacts, {
    ID: ({ id }) => id,
    NAME: ({ name }) => name,
    SIZE: ({ sizeBytes }) => sizeText(sizeBytes),
    ATTEMPT: ({ attempt }) => attempt,
    AGE: ({ createdAt }) => ageText(now - Date.parse(createdAt)),
    'EXPIRES IN': ({ expired, expiresAt }) => (expired ? 'expired' : ageText(Date.parse(expiresAt) - now)),
  });
  return EXIT.done;
}
