import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { dataFolderOf, placeOf, placeOptions } from './options.ts';

export const serverCommand: Command = {
  name: 'server',
  summary: 'serve GitHub Actions alone, without a fleet',
  description: 'Logs as JSON lines to standard error. The admin token lies in DATA/admin-token.',
  arguments: [],
  options: [...placeOptions, { flags: '--public-url <url>', what: 'URL under which runners and people reach it' }],
  examples: [
    {
      what: 'for the whole network',
      command: 'switchyard server --host 0.0.0.0 --public-url http://ci.example.com:8484',
    },
  ],
  async run(input, terminal) {
    const { serveAlone } = await import('../platform/serve.ts');
    const { openLogger, openServer } = await import('../platform/programs.ts');
    const { setting } = await import('../../common/settings.ts');
    const folder = dataFolderOf(input);
    const publicUrl = input.text('publicUrl') ?? (setting('publicUrl') || undefined);
    const logger = await openLogger('server');
    await serveAlone('server', folder, terminal, () =>
      openServer(placeOf(input), { dataFolder: folder, publicUrl, logger }),
    );
    return EXIT.done;
  },
};
