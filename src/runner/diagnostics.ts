import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Log files are kept this long (runner-protocol 11.9), so many of them, and so much together. */
const KEEP_MS = 30 * 24 * 3600 * 1000;
const KEEP_FILES = 200;
const KEEP_BYTES = 100 * 2 ** 20;
/** A file that is longer is followed by another. */
const FILE_BYTES = 8 * 2 ** 20;

export interface Diagnostics {
  /** A line in the log file: ids and states, never a token or a body. */
  note(line: string): void;
  /** A line for the person who watches, also noted. */
  say(line: string): void;
}

/** Writes `_diag/<program>_<date>-utc.log` below the root. A disk that refuses it must not stop jobs. */
export function openDiagnostics(program: 'Runner' | 'Worker', root: string, say: (line: string) => void): Diagnostics {
  const folder = join(root, '_diag');
  let part = 0;
  let bytes = 0;
  const nextFile = (): string => {
    const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    return join(folder, `${program}_${stamp}-${process.pid}${part > 0 ? `-${part}` : ''}-utc.log`);
  };
  let file = nextFile();
  const write = (line: string): void => {
    const text = `[${new Date().toISOString()}] ${line}\n`;
    try {
      if (bytes > FILE_BYTES) {
        part++;
        bytes = 0;
        file = nextFile();
        removeOld(folder);
      }
      appendFileSync(file, text, { mode: 0o600 });
      bytes += Buffer.byteLength(text);
    } catch {
      // Nowhere to complain to.
    }
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeOld(folder);
  } catch {
    // As above.
  }
  return {
    note: write,
    say(line) {
      // Names come from workflows: a terminal must not obey what is in them.
      const plain = line.replace(/[\x00-\x1f\x7f]/g, ' ');
      say(plain);
      write(plain);
    },
  };
}

/** The newest stay, within all three bounds. */
function removeOld(folder: string): void {
  const logs = readdirSync(folder)
    .filter((name) => /^(Runner|Worker)_.*\.log$/.test(name))
    .flatMap((name) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      return found ? [{ path: join(folder, name), writtenMs: found.mtimeMs, size: found.size }] : [];
    })
    .sort((a, b) => b.writtenMs - a.writtenMs);
  let total = 0;
  for (const [index, { path, writtenMs, size }] of logs.entries()) {
    total += size;
    const isOver = index >= KEEP_FILES || total > KEEP_BYTES || Date.now() - writtenMs > KEEP_MS;
    if (isOver) rmSync(path, { force: true });
  }
}
