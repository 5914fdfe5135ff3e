/** Actions of another GitHub: fetched once per commit, checked, and kept in bare repositories below the data folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { errorText, OutsideError, UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { runGit } from '../git/child.ts';
import { resolveRef } from '../git/history.ts';
import { type ActionsPolicy, isFullSha } from './policy.ts';

/** A branch or tag is looked up again after this long. */
const REF_LIFE_MS = 5 * 60_000;
const LOOK_UP_TIMEOUT_MS = 30_000;
const FETCH_TIMEOUT_MS = 5 * 60_000;

export interface ActionSource {
  /** Bare repository that holds the commit. */
  folder: string;
  sha: string;
}

export interface UpstreamOptions {
  /** Folder for the bare repositories. */
  root: string;
  policy: Pick<ActionsPolicy, 'upstream' | 'upstreamToken'>;
  clock: Clock;
  logger: Logger;
}

export class UpstreamActions {
  readonly #options: UpstreamOptions;
  /** What is under way or was found lately, by `owner/name@ref`. */
  readonly #known = new Map<string, { source: Promise<ActionSource>; untilMs: number }>();

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /**
   * @param name `owner/name`, checked
   * @throws UserError when the upstream has no such repository or ref, OutsideError when it cannot be reached
   */
  get(name: string, ref: string): Promise<ActionSource> {
    const key = `${name.toLowerCase()}@${ref}`;
    const now = this.#options.clock.now();
    const known = this.#known.get(key);
    if (known && known.untilMs > now) return known.source;
    const source = this.#find(name.toLowerCase(), ref);
    const untilMs = isFullSha(ref) ? Number.POSITIVE_INFINITY : now + REF_LIFE_MS;
    this.#known.set(key, { source, untilMs });
    source.catch(() => this.#known.delete(key));
    return source;
  }

  async #find(name: string, ref: string): Promise<ActionSource> {
    const folder = await this.#repository(name);
    const sha = isFullSha(ref) ? ref.toLowerCase() : await this.#lookUp(folder, name, ref);
    if ((await resolveRef(folder, sha)) === undefined) await this.#fetch(folder, name, sha);
    if (!isFullSha(ref)) await runGit(['update-ref', keptRef(ref), sha], { folder });
    return { folder, sha };
  }

  async #repository(name: string): Promise<string> {
    const folder = join(this.#options.root, `${name}.git`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await runGit(['init', '-q', '--bare'], { folder });
    return folder;
  }

  /** The commit of a branch or tag; the last known one while the upstream is away. */
  async #lookUp(folder: string, name: string, ref: string): Promise<string> {
    try {
      const sha = await this.#remoteCommit(name, ref);
      if (sha) return sha;
    } catch (error) {
      const kept = await resolveRef(folder, keptRef(ref));
      if (!kept) throw error;
      this.#options.logger.warn(`${name}@${ref} is taken as it was last known: ${errorText(error)}`);
      return kept;
    }
    const hint = /^[0-9a-f]{7,39}$/i.test(ref) ? ' A commit has to be named by all 40 digits of its id.' : '';
    throw new UserError('no-such-action', `${name} has no branch or tag "${ref}".${hint}`);
  }

  async #remoteCommit(name: string, ref: string): Promise<string | undefined> {
    const wanted = [`refs/heads/${ref}`, `refs/tags/${ref}^{}`, `refs/tags/${ref}`];
    const args = ['ls-remote', '--', this.#url(name), `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
    const { stdout } = await this.#git(args, LOOK_UP_TIMEOUT_MS);
    const found = new Map(
      stdout
        .toString('utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([sha = '', found = '']) => [found, sha]),
    );
    return wanted.map((candidate) => found.get(candidate)).find(Boolean);
  }

  async #fetch(folder: string, name: string, sha: string): Promise<void> {
    const args = ['fetch', '-q', '--no-tags', '--depth=1', '--no-write-fetch-head', '--', this.#url(name), sha];
    await this.#git(args, FETCH_TIMEOUT_MS, folder);
    if ((await resolveRef(folder, sha)) === undefined) {
      throw new UserError('no-such-action', `${sha} is no commit of ${name}.`);
    }
    // A ref keeps the commit from git's own clean-up.
    await runGit(['update-ref', `refs/commits/${sha}`, sha], { folder });
  }

  async #git(args: string[], timeoutMs: number, folder?: string) {
    const { upstream = '', upstreamToken } = this.#options.policy;
    const config: Record<string, string> = { 'fetch.fsckObjects': 'true', 'protocol.version': '2' };
    // Not in the arguments: others on this machine can read those.
    if (upstreamToken) {
      const basic = Buffer.from(`x-access-token:${upstreamToken}`).toString('base64');
      config[`http.${upstream}/.extraHeader`] = `Authorization: Basic ${basic}`;
    }
    try {
      return await runGit(args, { folder, config, timeoutMs });
    } catch (error) {
      const text = errorText(error);
      if (/not found|could not read Username|does not exist|does not appear to be a git repository/i.test(text)) {
        throw new UserError(
          'no-such-action',
          `${upstream} has no such repository, or does not show it to this server.`,
        );
      }
      throw new OutsideError(`${upstream} cannot be reached: ${text}`, { retryable: true, cause: error });
    }
  }

  #url(name: string): string {
    return `${this.#options.policy.upstream}/${name}.git`;
  }
}

const keptRef = (ref: string): string => `refs/kept/${ref}`;
