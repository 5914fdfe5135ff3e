/** Brings a mirror up to date with its original. */
import { errorText, OutsideError } from '../../common/errors.ts';
import { DURABLE_WRITES, runGit } from '../git/child.ts';

/** The first fetch of a large repository takes its time. */
const FETCH_TIMEOUT_MS = 30 * 60_000;

const PROBE_TIMEOUT_MS = 30_000;

const FETCH = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
const BRANCHES_AND_TAGS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];

const headOfPull = (number: number): string => `+refs/pull/${number}/head:refs/pull/${number}/head`;

export interface Original {
  /** Without `.git`. */
  url: string;
  token: string | undefined;
}

/**
 * Afterwards branches and tags are the original's: those that it does not have are gone.
 * @param folder bare repository
 * @param pulls numbers of pull requests whose head is wanted too, which may be in a fork
 * @throws OutsideError when the original cannot be reached, or does not show itself to the token
 */
export async function fetchOriginal(
  folder: string,
  original: Original,
  pulls: number[],
  signal: AbortSignal,
): Promise<void> {
  const from = ['--', `${original.url}.git`];
  // Pruned is only what the patterns before it name, so the heads of pull requests come by a call of their own.
  for (const args of [
    ['--prune', ...from, ...BRANCHES_AND_TAGS],
    [...from, ...pulls.map(headOfPull)],
  ]) {
    if (args.length === from.length) continue;
    signal.throwIfAborted();
    await git(original, [...FETCH, ...args], { folder, timeoutMs: FETCH_TIMEOUT_MS });
  }
}

/** Asks for the original without taking anything. @throws OutsideError as `fetchOriginal` */
export async function probeOriginal({ url, token }: Original): Promise<void> {
  await git({ url, token }, ['ls-remote', '--quiet', '--', `${url}.git`, 'HEAD'], { timeoutMs: PROBE_TIMEOUT_MS });
}

async function git({ url, token }: Original, args: string[], where: { folder?: string; timeoutMs: number }) {
  const config: Record<string, string> = { ...DURABLE_WRITES, 'fetch.fsckObjects': 'true', 'protocol.version': '2' };
  // Not in the arguments: others on this machine can read those.
  if (token) {
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    config[`http.${new URL(url).origin}/.extraHeader`] = `Authorization: Basic ${basic}`;
  }
  try {
    await runGit(args, { ...where, config });
  } catch (error) {
    throw new OutsideError(`${url} cannot be fetched: ${errorText(error)}`, { retryable: true, cause: error });
  }
}
