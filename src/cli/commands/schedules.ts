import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';

export const schedulesCommand: Command = {
  name: 'schedules',
  summary: 'list what the default branches schedule, and when each falls due next',
  arguments: [],
  options: [
    { flags: '-R, --repository <owner/name>', what: 'only of this repository' },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [{ what: 'of one repository', command: 'switchyard schedules -R demo/hello' }],
  async run(input, { out }) {
    const client = new ServerClient(await findEndpoint('server', input));
    const { schedules } = await client.schedules(input.text('repository'));
    if (input.flag('json')) for (const schedule of schedules) printLine(out, JSON.stringify(schedule));
    else {
      const rows = schedules.map(({ repository, path, cron, timezone, actor, nextAt }) => [
        safeText(repository),
        safeText(path),
        safeText(cron),
        safeText(timezone ?? 'UTC'),
        nextAt,
        safeText(actor),
      ]);
      for (const line of table(['REPOSITORY', 'FILE', 'CRON', 'TIME ZONE', 'NEXT', 'ACTOR'], rows))
        printLine(out, line);
    }
    return EXIT.done;
  },
};
