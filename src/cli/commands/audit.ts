import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printList } from '../terminal/list.ts';

export const auditCommand: Command = {
  name: 'audit',
  summary: 'who did what to the server, newest first',
  arguments: [],
  options: [
    { flags: '--actor <login>', what: 'only of this user or App' },
    { flags: '--action <name>', what: 'only of this kind, such as repo.update_secret' },
    { flags: '--place <place>', what: 'only at OWNER/NAME, or at OWNER and in its repositories' },
    { flags: '-L, --limit <number>', what: 'so many (default: 100)' },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [
    { what: 'what one person did', command: 'switchyard audit --actor alice' },
    { what: 'everything about one repository', command: 'switchyard audit --place me/app --json' },
  ],
  async run(input, { out }) {
    const query: Record<string, string> = { limit: String(input.number('limit', 1, 1_000) ?? 100) };
    for (const name of ['actor', 'action', 'place']) {
      const value = input.text(name);
      if (value !== undefined) query[name] = value;
    }
    const acts = await (await AdminClient.of(input)).acts(query);
    printList(out, input, acts, {
      WHEN: ({ at }) => at,
      WHO: ({ actor }) => actor,
      WHAT: ({ action }) => action,
      WHERE: ({ place }) => place,
      ANSWER: ({ status }) => status ?? 'broken off',
      TOKEN: ({ tokenId }) => tokenId ?? '-',
      FROM: ({ address }) => address,
      DETAILS: ({ details }) => JSON.stringify(details).slice(0, 100),
    });
    return EXIT.done;
  },
};
