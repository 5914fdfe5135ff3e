/** Archives of actions: fetched and unpacked, nothing outside of their folder touched. */
import { mkdir, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type ReadEntry } from 'tar';
import { errorText, OutsideError, UserError } from '../../../common/errors.ts';
import type { HttpClient } from '../../http.ts';
import { persist } from '../../retries.ts';

/** A server that is away for a moment is awaited this long. */
const PATIENCE_MS = 60_000;
const TIMEOUT_MS = 20 * 60_000;
const MAX_REDIRECTS = 5;
/** Unpacked. No action comes near; what does is an attack or a mistake. */
const LIMITS = { bytes: 2 * 1024 * 1024 * 1024, entries: 200_000 };

export interface Archive {
  /** As `uses:` spells it, for people. */
  reference: string;
  url: string;
  /** Sent to the URL's own host only. */
  token: string;
}

/**
 * Puts the files of an archive, without the one folder around them, into `folder`: whole, or not at all.
 * @throws UserError `bad-archive` for one that cannot be an action, OutsideError when it cannot be had
 */
export async function fetchArchive(
  http: HttpClient,
  archive: Archive,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${folder}.partial`;
  try {
    await persist(() => download(http, archive, partial, signal), PATIENCE_MS, signal);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function download(http: HttpClient, archive: Archive, folder: string, signal: AbortSignal): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const body = await open(http, archive, signal);
  await unpack(archive.reference, body, folder);
}

async function open(
  http: HttpClient,
  { url, token, reference }: Archive,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const { host } = new URL(url);
  for (let target = new URL(url), redirects = 0; ; redirects++) {
    const headers: Record<string, string> = target.host === host ? { Authorization: `Basic ${basic}` } : {};
    const response = await http.stream('GET', target.href, { headers, signal, timeoutMs: TIMEOUT_MS });
    const { statusCode = 0 } = response;
    if (statusCode === 200) return response;
    response.destroy();
    const { location } = response.headers;
    if (statusCode < 300 || statusCode >= 400 || !location || redirects >= MAX_REDIRECTS) {
      const retryable = statusCode === 408 || statusCode === 429 || statusCode >= 500;
      throw new OutsideError(`The archive of ${reference} was answered ${statusCode}.`, {
        retryable,
        status: statusCode,
      });
    }
    target = new URL(location, target);
  }
}

/**
 * Stops at the first thing that must not be.
 * @throws UserError `bad-archive`, OutsideError when the body breaks off
 */
export async function unpack(reference: string, body: Readable, folder: string, limits = LIMITS): Promise<void> {
  let bytes = 0;
  let entries = 0;
  let problem: string | undefined;
  const refuse = (what: string): void => {
    problem ??= what;
    // Else the rest would be read too, and a small archive can unpack to anything.
    body.destroy();
  };
  const check = (path: string, entry: ReadEntry): boolean => {
    bytes += entry.size ?? 0;
    entries++;
    const wrong = problemOf(path, entry, folder);
    if (wrong !== undefined) refuse(wrong);
    else if (bytes > limits.bytes || entries > limits.entries) refuse('it is larger than any action may be');
    return problem === undefined;
  };
  const sink = extract({
    cwd: folder,
    strip: 1,
    preserveOwner: false,
    filter: (path, entry) => check(path, entry as ReadEntry),
    onwarn: (code, message) => refuse(`${String(message)} (${code})`),
  });
  let isBroken = false;
  body.once('error', () => {
    isBroken = true;
  });
  try {
    await pipeline(body, sink);
  } catch (error) {
    if (isBroken && problem === undefined) {
      throw new OutsideError(`The archive of ${reference} broke off: ${errorText(error)}`, { retryable: true });
    }
    problem ??= errorText(error);
  }
  if (problem !== undefined) throw new UserError('bad-archive', `The archive of ${reference} is refused: ${problem}.`);
}

/** Nothing may be written, or reached by a link, outside of the folder. */
function problemOf(path: string, entry: ReadEntry, folder: string): string | undefined {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..')) return `the path "${path}" leads out of it`;
  if (entry.type !== 'SymbolicLink' && entry.type !== 'Link') return undefined;
  const target = entry.linkpath ?? '';
  const place = resolve(folder, dirname(join(...parts.slice(1))));
  const inside = relative(
    folder,
    entry.type === 'Link' ? resolve(folder, ...target.split('/').slice(1)) : resolve(place, target),
  );
  if (target.startsWith('/') || inside.startsWith('..')) return `the link "${path}" leads to "${target}", out of it`;
  return undefined;
}
