import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { dataFolder, setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { type Input, type Option, UsageError } from '../command.ts';

/** One HTTP API and the token for it. */
export interface Endpoint {
  /** Without a trailing slash. */
  url: string;
  token: string | undefined;
}

/** What `switchyard up` writes into the data folder so that the other commands find it. */
export interface Endpoints {
  server?: string;
  fleet?: string;
}

export type Part = keyof Endpoints;

const ENDPOINTS_FILE = 'endpoints.json';

/** The file in the data folder with the token of a part: the server's admin token, the fleet API's own. */
export const tokenFile = (folder: string, part: Part): string =>
  join(folder, part === 'server' ? 'admin-token' : 'fleet-token');

export const connectionOptions = (part: Part): Option[] => [
  { flags: `--${part} <url>`, what: `the ${part} to talk to (default: the one of ./.switchyard)` },
  { flags: '--token <token>', what: `its token; ${SETTINGS.token.env} keeps it out of the list of processes` },
];

/**
 * The server or the fleet to talk to: an option, else the environment, else what runs on the data folder.
 * @param folder the data folder
 * @throws UserError when there is none
 */
export async function findEndpoint(part: Part, input: Input, folder = dataFolder()): Promise<Endpoint> {
  const local = (await readEndpoints(folder))[part];
  const named = input.text(part) || setting(part === 'server' ? 'serverUrl' : 'fleetUrl') || undefined;
  const url = checkedUrl(named ?? local, part, folder);
  const token = input.text('token') || setting('token') || undefined;
  // The token of this folder goes only to the program of this folder.
  return { url, token: token ?? (url === local ? await readToken(tokenFile(folder, part)) : undefined) };
}

function checkedUrl(url: string | undefined, part: Part, folder: string): string {
  if (!url) {
    throw new UserError(`no-${part}`, `No ${part} runs on ${folder}.`, {
      hint: `Start one with switchyard up, run this in the folder where it was started, or name it by --${part} URL.`,
    });
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`The ${part}'s address "${url}" is not an http or https URL.`);
  }
  return url.replace(/\/+$/, '');
}

async function readEndpoints(folder: string): Promise<Endpoints> {
  const text = await readFile(join(folder, ENDPOINTS_FILE), 'utf8').catch(() => '{}');
  try {
    const found: unknown = JSON.parse(text);
    return found !== null && typeof found === 'object' ? (found as Endpoints) : {};
  } catch {
    return {};
  }
}

export async function readToken(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => '')).trim() || undefined;
}

/** Makes server or fleet known to the other commands (a URL), or forgets it; readable by this user alone. */
export async function recordEndpoints(folder: string, changes: Endpoints): Promise<void> {
  const endpoints = { ...(await readEndpoints(folder)), ...changes };
  await writeFile(join(folder, ENDPOINTS_FILE), `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
}
