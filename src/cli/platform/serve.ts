import { type Part, recordEndpoints } from '../client/endpoints.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { prepareDataFolder } from './data-folder.ts';
import { lockFolder } from './lock.ts';
import { aborted, interruption } from './signals.ts';

interface Program {
  url: string;
  close(options?: { keepsBusy?: boolean }): Promise<void>;
}

/**
 * Serves one part until Ctrl-C or SIGTERM, known to the other commands meanwhile. A service manager's SIGTERM lets busy
 * runners go on: most often the fleet is started anew at once.
 */
export async function serveAlone(
  part: Part,
  folder: string,
  terminal: Terminal,
  open: () => Promise<Program>,
): Promise<void> {
  await prepareDataFolder(folder);
  const stop = interruption();
  const lock = await lockFolder(folder, part);
  try {
    const program = await open();
    await recordEndpoints(folder, { [part]: program.url });
    printLine(terminal.err, `The ${part} serves at ${program.url}; data lies in ${folder}. Ctrl-C stops.`);
    await aborted(stop.signal);
    await recordEndpoints(folder, { [part]: undefined });
    await program.close({ keepsBusy: stop.isByService() });
  } finally {
    await lock.close();
    stop.close();
  }
}
