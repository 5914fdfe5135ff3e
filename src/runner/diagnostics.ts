import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Log files are kept this long (runner-protocol 11.9). */
const KEEP_MS = 30 * 24 * 3600 * 1000;

export interface Diagnostics {
  /** A line in the log file: ids and states, never a token or a body. */
  note(line: string): void;
  /** A line for the person who watches, also noted. */
  say(line: string): void;
}

/** Writes `_diag/<program>_<date>-utc.log` below the root. A disk that refuses it must not stop jobs. */
export function openDiagnostics(program: 'Runner' | 'Worker', root: string, say: (line: string) => void): Diagnostics {
  const folder = join(root, '_diag');
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const file = join(folder, `${program}_${stamp}-${process.pid}-utc.log`);
  const write = (line: string): void => {
    try {
      appendFileSync(file, `[${new Date().toISOString()}] ${line}\n`, { mode: 0o600 });
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

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^(Runner|Worker)_.*\.log$/.test(name)) continue;
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { force: true });
  }
}
