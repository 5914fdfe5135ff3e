/** `switchyard up`: server and fleet in one process, and on the first start something to see. */
import { join } from 'node:path';
import { version } from '../../common/package.ts';
import { setting } from '../../common/settings.ts';
import { type Closable, closeAll } from '../../common/shutdown.ts';
import { recordEndpoints, tokenFile } from '../client/endpoints.ts';
import { ServerClient } from '../client/server-client.ts';
import { nextPlace } from '../commands/options.ts';
import { EXIT } from '../failure.ts';
import { prepareDataFolder, readFirstSteps, writeFirstSteps } from '../platform/data-folder.ts';
import { lockFolder } from '../platform/lock.ts';
import {
  fleetToken,
  openFleet,
  openLogger,
  openServer,
  type Place,
  type RunningFleet,
  type RunningServer,
} from '../platform/programs.ts';
import { aborted, interruption } from '../platform/signals.ts';
import { checkGit } from '../snapshot/git.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { runDemo } from './demo.ts';
import { applyFirstRunners } from './first-runners.ts';

export interface UpOptions {
  place: Place;
  folder: string;
  withFleet: boolean;
  withDemo: boolean;
}

/** Serves until Ctrl-C or SIGTERM. @throws UserError when it cannot start */
export async function serveUp(options: UpOptions, terminal: Terminal): Promise<number> {
  const { folder } = options;
  await checkGit();
  await prepareDataFolder(folder);
  const stop = interruption();
  // Closed from the last to the first: the fleet before the server, so that its runners can unregister.
  const parts: Closable[] = [];
  try {
    for (const part of ['server', 'fleet']) parts.push(await lockFolder(folder, part));
    await startAll(options, parts, terminal, stop.signal);
    await aborted(stop.signal);
    return EXIT.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return EXIT.done;
  } finally {
    if (stop.signal.aborted) printLine(terminal.out, 'Stopping …');
    await recordEndpoints(folder, { server: undefined, fleet: undefined });
    await closeAll(parts.reverse());
    if (stop.signal.aborted) printLine(terminal.out, `Stopped. Everything is kept in ${folder}.`);
    stop.close();
  }
}

async function startAll(options: UpOptions, parts: Closable[], terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { folder, place } = options;
  const logger = await openLogger('switchyard', join(folder, 'switchyard.log'));
  const publicUrl = setting('publicUrl') || undefined;
  let fleet: RunningFleet | undefined;
  const ownFleet = options.withFleet ? { fleet: async () => fleet } : {};
  const server = await openServer(place, { dataFolder: folder, publicUrl, logger, ...ownFleet });
  parts.push(server);
  if (options.withFleet) fleet = await startFleetBeside(server, options, parts);
  await recordEndpoints(folder, { server: server.url, fleet: fleet?.url });
  signal.throwIfAborted();
  const kept = await takeFirstSteps(options, server, fleet, terminal, signal);
  signal.throwIfAborted();
  for (const line of summary(options, server, fleet, kept)) printLine(terminal.out, line);
}

async function startFleetBeside(
  server: RunningServer,
  { place, folder }: UpOptions,
  parts: Closable[],
): Promise<RunningFleet> {
  const fleet = await openFleet(nextPlace(place), {
    dataFolder: join(folder, 'fleet'),
    token: await fleetToken(folder),
    github: { url: server.url, token: server.adminToken },
    logger: await openLogger('fleet', join(folder, 'switchyard.log')),
  });
  parts.push(fleet);
  return fleet;
}

/** What only the first start does. Each step is noted when it is done, so that a start that was stopped goes on there. */
async function takeFirstSteps(
  { folder, withDemo }: UpOptions,
  server: RunningServer,
  fleet: RunningFleet | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const steps = await readFirstSteps(folder);
  const client = new ServerClient({ url: server.url, token: server.adminToken });
  const kept = steps.runnersApplied || steps.demoPushed ? await keptText(client) : undefined;
  if (fleet && !steps.runnersApplied) {
    await applyFirstRunners(fleet, signal);
    steps.runnersApplied = true;
    await writeFirstSteps(folder, steps);
  }
  if (fleet && withDemo && !steps.demoPushed) {
    await runDemo(server, client, terminal, signal, async () => {
      steps.demoPushed = true;
      await writeFirstSteps(folder, steps);
    });
  }
  return kept;
}

async function keptText(client: ServerClient): Promise<string> {
  const { runs } = await client.runs({ limit: 1 });
  const newest = runs[0];
  if (!newest) return 'kept from before; no run yet';
  return `kept from before; the newest run is ${newest.id}, ${newest.repository} ${newest.workflow.name} #${newest.number}`;
}

function summary(
  { folder, place }: UpOptions,
  server: RunningServer,
  fleet: RunningFleet | undefined,
  kept: string | undefined,
): string[] {
  const authority = server.url.replace(/^https?:\/\//, '');
  // The command reads the token from its file: printed, it would stay in scrollback, recordings and service logs.
  const remote = `http://x:$(cat ${shellWord(tokenFile(folder, 'server'))})@${authority}/me/app.git`;
  return [
    '',
    `Switchyard ${version} serves.`,
    '',
    `  dashboard   ${server.url}/`,
    ...(fleet ? [`  fleet API   ${fleet.url}`] : []),
    `  data        ${folder}${kept ? ` (${kept})` : ''}`,
    `  log         ${join(folder, 'switchyard.log')}`,
    '',
    'Push your own repository; the push says which workflows started:',
    '',
    `  git push "${remote}" main`,
    '',
    ...(place.host === '127.0.0.1' && kept === undefined && fleet
      ? [`Runners: npx switchyard get runners. Why a job waits: npx switchyard explain RUN.`, '']
      : []),
    'Ctrl-C stops.',
  ];
}

/** Within double quotes, where `$(cat …)` has its own quoting. */
const shellWord = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
