/** The files through which a step sets env, outputs, state, PATH and its summary: SEM-24. */

import { closeSync, openSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';

/** SEM-24.7 */
export const MAX_SUMMARY_BYTES = 1024 * 1024;

/** Key in the `github` context, which is `GITHUB_<KEY>` in the environment, and the file's name (runner-protocol 11.3). */
const FILES = {
  env: 'set_env_',
  output: 'set_output_',
  state: 'save_state_',
  path: 'add_path_',
  step_summary: 'step_summary_',
} as const;
type FileKey = keyof typeof FILES;

export interface FileCommandTargets {
  setEnv(name: string, value: string): void;
  setOutput(name: string, value: string): void;
  saveState(name: string, value: string): void;
  addPath(path: string): void;
  summary(markdown: Buffer): void;
  error(message: string): void;
}

export class FileCommands {
  /** Paths by key of the `github` context. */
  readonly paths: Record<FileKey, string>;

  /** Creates the step's files, empty. */
  constructor(folder: string) {
    const suffix = newGuid();
    const entries = Object.entries(FILES).map(([key, prefix]) => [key, join(folder, prefix + suffix)]);
    this.paths = Object.fromEntries(entries) as Record<FileKey, string>;
    for (const path of Object.values(this.paths)) closeSync(openSync(path, 'w'));
  }

  /**
   * Reads and removes the files. One that cannot be understood is reported, the others still count (SEM-24.3).
   * @returns false when one was wrong: the step fails
   */
  async process(targets: FileCommandTargets): Promise<boolean> {
    const pairs = (set: (name: string, value: string) => void) => (text: string) => {
      for (const [name, value] of parsePairs(text)) set(name, value);
    };
    const results = [
      await this.#handle('path', targets, (text) => {
        for (const line of splitLines(text)) if (line.trim() !== '') targets.addPath(line);
      }),
      await this.#handle('env', targets, pairs(targets.setEnv)),
      await this.#handle('output', targets, pairs(targets.setOutput)),
      await this.#handle('state', targets, pairs(targets.saveState)),
    ];
    await this.#summary(targets);
    return results.every(Boolean);
  }

  async #handle(key: FileKey, targets: FileCommandTargets, apply: (text: string) => void): Promise<boolean> {
    const path = this.paths[key];
    try {
      const text = await readText(path);
      await rm(path, { force: true });
      if (text !== '') apply(text);
      return true;
    } catch (error) {
      targets.error(`Unable to process file command '${key}' successfully. ${errorText(error)}`);
      return false;
    }
  }

  /** A summary that is too large is an error that does not fail the step. */
  async #summary(targets: FileCommandTargets): Promise<void> {
    const path = this.paths.step_summary;
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size > MAX_SUMMARY_BYTES) {
      targets.error(
        `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${Math.ceil(size / 1024)}k.`,
      );
    } else if (size > 0) targets.summary(await readFile(path));
    await rm(path, { force: true });
  }
}

/** A step may have removed its file: then it has said nothing. @throws Error for one that cannot be read */
async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

const splitLines = (text: string): string[] => text.split(/\r?\n/);

/**
 * `NAME=VALUE` and `NAME<<DELIMITER` entries; the later one of a name comes later (SEM-24.2).
 * @throws Error naming the line that cannot be read
 */
export function parsePairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let at = 0;
  const nextLine = (): { line: string; newline: string } => {
    const end = text.indexOf('\n', at);
    const raw = end < 0 ? text.slice(at) : text.slice(at, end);
    const newline = end < 0 ? '' : raw.endsWith('\r') ? '\r\n' : '\n';
    at = end < 0 ? text.length : end + 1;
    return { line: newline === '\r\n' ? raw.slice(0, -1) : raw, newline };
  };
  while (at < text.length) {
    const { line } = nextLine();
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
      continue;
    }
    if (heredoc < 0) throw new Error(`Invalid format '${line}'`);
    const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
    if (name === '' || delimiter === '') {
      throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
    }
    pairs.push([name, readHeredoc(delimiter, nextLine, () => at < text.length)]);
  }
  return pairs;
}

function readHeredoc(
  delimiter: string,
  nextLine: () => { line: string; newline: string },
  hasMore: () => boolean,
): string {
  let value = '';
  let lastNewline = '';
  while (hasMore()) {
    const { line, newline } = nextLine();
    // The line break before the delimiter does not belong to the value.
    if (line === delimiter) return value.slice(0, value.length - lastNewline.length);
    value += line + newline;
    lastNewline = newline;
  }
  throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
}
