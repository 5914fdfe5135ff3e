/** The files of one runner at a backend of this machine (mode 700): its log, and a kept JIT config. */
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CONFIG_FILE = '.jitconfig';
const LOG_FILE = 'runner.log';

/** Logs of failed runners that are kept for looking at. */
const KEPT_LOGS = 5;
const KEPT_LOGS_FOLDER = '.failed';
const TAIL_BYTES = 2_048;
const TAIL_LINES = 10;

export class InstanceFolder {
  readonly path: string;
  readonly #runnerRoot: string;
  readonly #name: string;

  constructor(runnerRoot: string, name: string) {
    this.#runnerRoot = runnerRoot;
    this.#name = name;
    this.path = join(runnerRoot, name);
  }

  /** Names of all instances below `runnerRoot`. */
  static async names(runnerRoot: string): Promise<string[]> {
    const entries = await readdir(runnerRoot, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  }

  async create(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** Opened by us and handed to the child, which goes on writing when the fleet is gone. */
  openLog() {
    return open(join(this.path, LOG_FILE), 'a', 0o600);
  }

  async keptConfig(): Promise<string | undefined> {
    return readFile(join(this.path, CONFIG_FILE), 'utf8').catch(() => undefined);
  }

  async keepConfig(jitConfig: string): Promise<void> {
    await this.write(CONFIG_FILE, jitConfig);
  }

  async forgetConfig(): Promise<void> {
    await rm(join(this.path, CONFIG_FILE), { force: true });
  }

  /** The log, where another keeps it meanwhile. */
  async writeLog(text: string): Promise<void> {
    await this.write(LOG_FILE, text);
  }

  async logTail(): Promise<string> {
    const file = await open(join(this.path, LOG_FILE), 'r').catch(() => undefined);
    if (!file) return '';
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return lastLines(buffer.toString('utf8'));
    } finally {
      await file.close();
    }
  }

  async remove({ keepLog }: { keepLog: boolean }): Promise<void> {
    if (keepLog) await this.#saveLog();
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  async #saveLog(): Promise<void> {
    const folder = join(this.#runnerRoot, KEPT_LOGS_FOLDER);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(join(this.path, LOG_FILE), join(folder, `${this.#name}.log`)).catch(() => undefined);
    const logs = await Promise.all(
      (await readdir(folder)).map(async (file) => {
        const path = join(folder, file);
        return { path, writtenMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    const tooMany = logs.sort((a, b) => b.writtenMs - a.writtenMs).slice(KEPT_LOGS);
    for (const { path } of tooMany) await rm(path, { force: true });
  }

  /** Whole or not at all: a crash never leaves half a record. */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.path, file);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

/** The end of an output, for an event; control characters are taken out, they end up in terminals. */
export function lastLines(output: string): string {
  const text = output.slice(-TAIL_BYTES).replace(/[^\P{Cc}\n]/gu, '');
  return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
}
