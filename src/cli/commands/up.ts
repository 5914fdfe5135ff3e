import type { Command } from '../command.ts';
import { dataFolderOf, placeOf, placeOptions } from './options.ts';

export const upCommand: Command = {
  name: 'up',
  summary: 'start server and fleet on this machine',
  description: 'The first start makes the data folder, an admin token and the runners of examples/runners.yaml.',
  arguments: [],
  options: [
    ...placeOptions,
    { flags: '--demo', what: 'on the first start, push examples/hello and watch its run' },
    { flags: '--no-fleet', what: 'server only: runners come from elsewhere' },
  ],
  examples: [
    { what: 'everything, with a first run to look at', command: 'switchyard up --demo' },
    { what: 'beside another one', command: 'switchyard up --port 9000 --data ~/switchyard' },
  ],
  async run(input, terminal) {
    const { serveUp } = await import('../up/up.ts');
    return serveUp(
      {
        place: placeOf(input),
        folder: dataFolderOf(input),
        withFleet: input.notRefused('fleet'),
        withDemo: input.flag('demo'),
      },
      terminal,
    );
  },
};
