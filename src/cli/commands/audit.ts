import { AdminClient } from '../client/admin-client.ts';
import { connectionOptions } from '../client/endpoints.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';

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
    if (input.flag('json')) for (const act of acts) printLine(out, JSON.stringify(act));
    else {
      const rows = acts.map(({ at, actor, action, place, status, address, tokenId, details }) => [
        at,
        safeText(actor),
        action,
        safeText(place),
        status === null ? 'broken off' : String(status),
        tokenId === null ? '-' : String(tokenId),
        address,
        safeText(JSON.stringify(details)).slice(0, 100),
      ]);
      const head = ['WHEN', 'WHO', 'WHAT', 'WHERE', 'ANSWER', 'TOKEN', 'FROM', 'DETAILS'];
      for (const line of table(head, rows)) printLine(out, line);
    }
    return EXIT.done;
  },
};
