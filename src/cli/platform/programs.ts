/** Server and fleet, started for the commands. Their code is loaded here, when it is needed. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { randomToken } from '../../common/ids.ts';
import type { Logger, LogLevel } from '../../common/log.ts';
import { setting, webhookSecrets } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import type { Closable } from '../../common/shutdown.ts';
import { tokenFile } from '../client/endpoints.ts';

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export interface Place {
  host: string;
  /** 0 for any. */
  port: number;
}

export interface RunningServer extends Closable {
  url: string;
  adminToken: string;
}

export interface RunningFleet extends Closable {
  url: string;
  close(options?: { keepsBusy?: boolean }): Promise<void>;
  token: string;
}

/** Rules of whom to tell what, for server and fleet alike. */
export const notificationsFile = (dataFolder: string): string => join(dataFolder, 'notifications.yaml');

/** @throws UserError when the place is taken */
export async function openServer(
  place: Place,
  options: {
    dataFolder: string;
    publicUrl?: string;
    logger: Logger;
    followsEvents?: boolean;
    /** Whose pools the page shows; left out: by the settings. */
    fleet?: () => Promise<{ url: string; token: string } | undefined>;
  },
): Promise<RunningServer> {
  const { startServer } = await import('../../server/index.ts');
  return startServer({ ...place, ...options, notificationsFile: notificationsFile(options.dataFolder) });
}

/** @throws UserError when the place is taken */
export async function openFleet(
  place: Place,
  options: {
    dataFolder: string;
    token: string;
    github: { url: string; token: string };
    runnerRoot?: string;
    runnersEndWithFleet?: boolean;
    logger: Logger;
  },
): Promise<RunningFleet> {
  const { startFleet } = await import('../../fleet/index.ts');
  const { token, ...rest } = options;
  const fleet = await startFleet({
    ...{ ...place, ...rest, apiToken: token, webhookSecrets: webhookSecrets() },
    // A fleet's own folder lies in the data folder.
    notificationsFile: notificationsFile(dirname(rest.dataFolder)),
  });
  return { url: fleet.url, token, close: (ending) => fleet.close(ending) };
}

/** The fleet API's own token, kept in the data folder: it must not open the server too. */
export async function fleetToken(folder: string): Promise<string> {
  const file = tokenFile(folder, 'fleet');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known) return known;
  const token = randomToken();
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}

/** To a file while a person watches the terminal, else to standard error. */
export async function openLogger(name: string, file?: string): Promise<Logger> {
  const { createLogger } = await import('../../common/log.ts');
  return createLogger(name, { level: logLevel(), file });
}

function logLevel(): LogLevel {
  const text = setting('logLevel');
  const level = LOG_LEVELS.find((known) => known === text);
  if (level) return level;
  throw new UserError('bad-setting', `${SETTINGS.logLevel.env} is "${text}".`, {
    hint: `Give one of: ${LOG_LEVELS.join(', ')}.`,
  });
}
