import type { Closable } from '../../common/shutdown.ts';
import { type Part, recordEndpoints } from '../client/endpoints.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { prepareDataFolder } from './data-folder.ts';
import { lockFolder } from './lock.ts';
import { aborted, interruption } from './signals.ts';

/** Serves one part until Ctrl-C or SIGTERM, known to the other commands meanwhile. */
export async function serveAlone(
  part: Part,
  folder: string,
  terminal: Terminal,
  open: () => Promise<Closable & { url: string }>,
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
    await program.close();
  } finally {
    await lock.close();
    stop.close();
  }
}
