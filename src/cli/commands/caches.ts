import { UserError } from '../../common/errors.ts';
import { sizeText } from '../../common/sizes.ts';
import type { Cache } from '../../protocol/dashboard/index.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { StorageClient } from '../client/storage-client.ts';
import type { Command, Input } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText, shortRef } from '../terminal/format.ts';
import { printList } from '../terminal/list.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { ownerAndName } from './words.ts';

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
    const repository = ownerAndName(input.argument(0) ?? '').join('/');
    const storage = new StorageClient(new ServerClient(await findEndpoint('server', input)).http);
    const key = input.text('delete');
    if (key !== undefined) return deleteCaches(storage, repository, key, terminal);
    list(await storage.caches(repository, input.text('key')), input, terminal);
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

function list(caches: Cache[], input: Input, { out }: Terminal): void {
  const now = Date.now();
  printList(out, input, caches, {
    ID: ({ id }) => id,
    KEY: ({ key }) => key,
    REF: ({ ref }) => shortRef(ref),
    SIZE: ({ size_in_bytes }) => sizeText(size_in_bytes),
    AGE: ({ created_at }) => ageText(now - Date.parse(created_at)),
    USED: ({ last_accessed_at }) => ageText(now - Date.parse(last_accessed_at)),
  });
}
