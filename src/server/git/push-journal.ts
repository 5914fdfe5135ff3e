import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import { objectOf, ZERO_SHA } from './history.ts';

/**
 * What a push is about to do, written by git's own `pre-receive` hook before any ref moves. Whatever stops the server
 * between the move of a ref and the acceptance of its event, the next start finds the journal and makes up for it.
 */
export interface PushJournal {
  id: string;
  repositoryId: number;
  actor: string;
  /** The job whose token it was done with (SEM-2.5). */
  causingJob?: number;
  /** The pull request whose merge the server pushes itself. */
  mergedPull?: number;
  /** `git push -o ci.skip` */
  skip: boolean;
  updates: RefUpdate[];
}

/** What is known of a push before git has read it. */
export type PushMeta = Pick<PushJournal, 'repositoryId' | 'actor' | 'causingJob' | 'mergedPull'>;

export interface RefUpdate {
  before: string;
  after: string;
  ref: string;
}

const FILE_VARIABLE = 'SWITCHYARD_PUSH_JOURNAL';
const META_VARIABLE = 'SWITCHYARD_PUSH_META';

/** Only the one known option is taken over: options are free text, and the journal has lines. */
const HOOK = `#!/bin/sh
# Written by Switchyard at every start: notes what a push is about to change.
set -e
skip=false
i=0
while [ "$i" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do
  eval "option=\\"\\$GIT_PUSH_OPTION_$i\\""
  if [ "$option" = ci.skip ]; then skip=true; fi
  i=$((i + 1))
done
{ printf '%s\\nskip=%s\\n' "$${META_VARIABLE}" "$skip"; cat; } > "$${FILE_VARIABLE}.new"
sync "$${FILE_VARIABLE}.new" 2>/dev/null || true
mv "$${FILE_VARIABLE}.new" "$${FILE_VARIABLE}"
`;

/** The folder of journals, with the hook that writes them. */
export class PushJournals {
  readonly hooksFolder: string;
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.hooksFolder = join(dataFolder, 'hooks');
    this.#folder = join(dataFolder, 'pushes');
  }

  /** Makes the folders and the hook. To be called before the first push. */
  async install(): Promise<void> {
    for (const folder of [this.#folder, this.hooksFolder]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = join(this.hooksFolder, `${newGuid()}.new`);
    await writeFile(draft, HOOK, { mode: 0o700 });
    await rename(draft, join(this.hooksFolder, 'pre-receive'));
  }

  /** @returns the variables that the hook reads */
  environment(id: string, meta: PushMeta): Record<string, string> {
    return { [FILE_VARIABLE]: this.#file(id), [META_VARIABLE]: JSON.stringify(meta) };
  }

  /** Notes a push that the server is about to do itself, as the hook does for others. */
  async write(id: string, meta: PushMeta, { before, after, ref }: RefUpdate): Promise<void> {
    const draft = `${this.#file(id)}.new`;
    const text = `${JSON.stringify(meta)}\nskip=false\n${before} ${after} ${ref}\n`;
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, this.#file(id));
  }

  /** Ids of pushes whose events were not all accepted, oldest first. */
  async left(): Promise<string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => !name.endsWith('.new')).sort();
  }

  /** @returns undefined when git never came to the hook, such as for a broken pack */
  async read(id: string): Promise<PushJournal | undefined> {
    try {
      return parse(id, await readFile(this.#file(id), 'utf8'));
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async delete(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#folder, id);
  }
}

/** Names sort by time. */
export const newPushId = (nowMs: number): string => `${nowMs}-${newGuid()}`;

function parse(id: string, text: string): PushJournal {
  const [meta = '{}', skip, ...lines] = text.split('\n');
  const known: PushMeta = JSON.parse(meta);
  const updates: RefUpdate[] = [];
  for (const line of lines) {
    const [, before, after, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/.+)$/.exec(line) ?? [];
    if (before && after && ref) updates.push({ before, after, ref });
  }
  return { ...known, id, skip: skip === 'skip=true', updates };
}

const TAIL_BYTES = 64 * 1024;

/**
 * Whether git really moved the ref, by its own log of the ref: unlike the ref's value now, it still tells when another
 * push has come since. The log of a deleted ref is gone; one that is there again belongs to a newer ref, which does not
 * remember the old one's commit.
 */
export async function hasMoved(folder: string, { before, after, ref }: RefUpdate): Promise<boolean> {
  if (ref.includes('..')) return false;
  const log = await tailOf(join(folder, 'logs', ref));
  if (after !== ZERO_SHA) return log.includes(`${before} ${after} `);
  if (log !== '') return !new RegExp(`^[0-9a-f]{40} ${before} `, 'm').test(log);
  return (await objectOf(folder, ref)) === undefined;
}

async function tailOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return '';
  try {
    const stats = await handle.stat();
    // Of `a`, once it is gone and there is an `a/b`.
    if (!stats.isFile()) return '';
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(TAIL_BYTES),
      position: Math.max(0, stats.size - TAIL_BYTES),
    });
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
