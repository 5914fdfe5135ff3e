import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { ageText, safeText, table } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';

const DEFAULT_LIMIT = 20;

export const runsCommand: Command = {
  name: 'runs',
  summary: 'list runs, newest first',
  arguments: [],
  options: [
    { flags: '-R, --repository <owner/name>', what: 'only of this repository' },
    { flags: '-L, --limit <number>', what: `at most this many (default: ${DEFAULT_LIMIT})` },
    { flags: '--json', what: 'one JSON object a line' },
    ...connectionOptions('server'),
  ],
  examples: [{ what: 'the last five of one repository', command: 'switchyard runs -R demo/hello -L 5' }],
  async run(input, { out }) {
    const limit = input.number('limit', 1, 100) ?? DEFAULT_LIMIT;
    const client = new ServerClient(await findEndpoint('server', input));
    const { runs } = await client.runs({ repository: input.text('repository'), limit });
    if (input.flag('json')) for (const run of runs) printLine(out, JSON.stringify(run));
    else {
      const now = Date.now();
      const rows = runs.map((run) => [
        String(run.id),
        safeText(run.repository),
        `${safeText(run.workflow.name)} #${run.number}`,
        run.event,
        run.ref.replace(/^refs\/(heads|tags)\//, ''),
        run.conclusion ?? run.status,
        ageText(now - Date.parse(run.createdAt)),
      ]);
      for (const line of table(['ID', 'REPOSITORY', 'WORKFLOW', 'EVENT', 'REF', 'STATE', 'AGE'], rows))
        printLine(out, line);
    }
    return EXIT.done;
  },
};
