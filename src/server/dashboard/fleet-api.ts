import { readFile } from 'node:fs/promises';
import { errorText, UserError } from '../../common/errors.ts';
import { setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { exchange } from '../../github/http.ts';

/** The API of the fleet whose pools the page shows. */
export interface FleetPlace {
  url: string;
  token: string;
}

/** Asked for every call: a fleet may start after the server. Undefined while there is none. */
export type FindFleet = () => Promise<FleetPlace | undefined>;

/** People wait for the page. */
const TIMEOUT_MS = 5_000;

/** By the settings; the token is read each time, so that a new one counts at once. @throws UserError 502 */
export async function fleetOfSettings(): Promise<FleetPlace | undefined> {
  const url = setting('fleetUrl');
  const file = setting('fleetTokenFile');
  if (!url || !file) return undefined;
  const token = await readFile(file, 'utf8').catch((error: unknown) => {
    throw failed(`The file of ${SETTINGS.fleetTokenFile.env} cannot be read.`, errorText(error));
  });
  return { url: url.replace(/\/+$/, ''), token: token.trim() };
}

/**
 * @param path below the fleet's address
 * @returns undefined for what the fleet does not know (404)
 * @throws UserError 502 when it does not answer, or with anything but JSON
 */
export async function askFleet({ url, token }: FleetPlace, path: string, signal: AbortSignal): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const call = { method: 'GET', url: url + path, headers, timeoutMs: TIMEOUT_MS };
  const { status, text } = await exchange(call, signal)
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw failed('The fleet does not answer.', 'It may be stopped or restarting.', error);
    });
  if (status === 404) return undefined;
  if (status === 401) {
    const hint = `The file of ${SETTINGS.fleetTokenFile.env} must hold what lies in DATA/fleet-token of the fleet.`;
    throw failed("The fleet refuses the server's token.", hint);
  }
  if (status !== 200) throw failed(`The fleet answered ${status}.`, "The fleet's log says more.");
  return jsonOf(text);
}

/** Of an answer that is none of a fleet, or of one that is too old. */
export const notOfFleet = (cause?: unknown): UserError =>
  failed('What answers in place of the fleet speaks otherwise.', 'It may be of another version, or no fleet.', cause);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notOfFleet(error);
  }
}

const failed = (sentence: string, hint: string, cause?: unknown): UserError =>
  new UserError('fleet-failed', sentence, { status: 502, hint, cause });
