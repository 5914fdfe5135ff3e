import { UserError } from '../../common/errors.ts';
import { sizeText } from '../../common/sizes.ts';
import type { Cache } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { StorageClient } from '../client/storage-client.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText, table } from '../terminal/format.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

export const cachesCommand: Command = {
  name: 'caches',
  summary: 'list or delete the caches of a repository',
  arguments: [{ name: 'repository', what: 'OWNER/NAME', required: true }],
  options: [
    { flags: '-k, --key <beginning>', what: 'only those whose key begins so' },
    { flags: '--delete <key>', what: 'delete the caches with this key, or with this number' },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'those that were used last first', command: 'switchyard caches me/app' },
    { what: 'a cache that holds something wrong', command: 'switchyard caches me/app --delete npm-linux-1f0c' },
  ],
  async run(input, terminal) {
    const repository = input.argument(0) ?? '';
    if (!/^[^/\s]+\/[^/\s]+$/.test(repository)) throw new UsageError(`"${repository}" is not of the form OWNER/NAME.`);
    const storage = new StorageClient(new ServerClient(await findEndpoint('server', input)).http);
    const key = input.text('delete');
    if (key !== undefined) return deleteCaches(storage, repository, key, terminal);
    list(await storage.caches(repository, input.text('key')), input.flag('json'), terminal);
    return EXIT.done;
  },
};

async function deleteCaches(storage: StorageClient, repository: string, word: string, { out }: Terminal) {
  const caches = await storage.caches(repository, undefined);
  const named = caches.filter(({ key }) => key === word);
  const found = named.length > 0 ? named : caches.filter(({ id }) => String(id) === word);
  if (found.length === 0) throw new UserError('no-cache', `${repository} has no cache "${word}".`);
  for (const { id, key, ref } of found) {
    await storage.deleteCache(repository, id);
    printLine(out, `Deleted ${safeText(key)} of ${safeText(ref)}.`);
  }
  return EXIT.done;
}

function list(caches: Cache[], asJson: boolean, { out }: Terminal): void {
  if (asJson) {
    for (const cache of caches) printLine(out, JSON.stringify(cache));
    return;
  }
  const now = Date.now();
  const rows = caches.map(({ id, key, ref, size_in_bytes, created_at, last_accessed_at }) => [
    String(id),
    safeText(key),
    safeText(ref.replace(/^refs\/(heads|tags)\//, '')),
    sizeText(size_in_bytes),
    ageText(now - Date.parse(created_at)),
    ageText(now - Date.parse(last_accessed_at)),
  ]);
  for (const line of table(['ID', 'KEY', 'REF', 'SIZE', 'AGE', 'USED'], rows)) printLine(out, line);
}
