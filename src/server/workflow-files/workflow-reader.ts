import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256Hex } from '../../common/ids.ts';
import { readQuickly, unreadableWorkflow, type Workflow } from '../../workflow/index.ts';
import { ReaderThread, type ReaderThreadOptions } from './reader-thread.ts';

/** A workflow file as text and as read. Its text never changes, so the hash of it is its name. */
export interface ReadFile {
  path: string;
  text: string;
  hash: string;
  workflow: Workflow;
}

/** Reading it a few times loads GitHub's schema and lets the compiler see most of the reader. */
const WARM_UP = `
name: Warm-up
on: { push: { branches: [main] }, workflow_dispatch: { inputs: { level: { type: choice, options: [a, b] } } } }
env: { A: 1, B: '\${{ github.sha }}' }
jobs:
  one:
    runs-on: [self-hosted, linux]
    outputs: { x: '\${{ steps.s.outputs.x }}' }
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - id: s
        if: success() && github.ref == 'refs/heads/main'
        run: |
          echo "x=\${{ github.sha }}" >> "$GITHUB_OUTPUT"
  two:
    needs: one
    name: Two on \${{ matrix.os }}
    strategy: { fail-fast: false, matrix: { os: [a, b], include: [{ os: c }] } }
    runs-on: \${{ matrix.os }}
    timeout-minutes: 5
    steps: [{ run: make, env: { C: "\${{ needs.one.outputs.x || 'none' }}" } }]
`;
const WARM_UP_ROUNDS = 5;

/** Characters of the files that are kept; a parsed file takes some twenty times its text. */
const CACHED_LENGTH = 4 * 1024 * 1024;
/** What a file counts for besides its text. */
const FILE_LENGTH = 1_000;

/**
 * Reads workflow files, each text once, and never holds the server up for long: what is quick to read is read here, one
 * file in a turn of the event loop, everything else in a thread of its own.
 */
export class WorkflowReader {
  readonly #thread: ReaderThread;
  /** The file that was used last is the last one. */
  readonly #files = new Map<string, ReadFile>();
  readonly #reading = new Map<string, Promise<ReadFile>>();
  #length = 0;
  /** The turn of the last file that is read here. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ReaderThreadOptions = {}) {
    this.#thread = new ReaderThread(options);
  }

  /** Never rejects for what is in the file: that is in `workflow.errors`. */
  async read(path: string, text: string, hash = sha256Hex(text)): Promise<ReadFile> {
    const key = keyOf(hash, path);
    const known = this.cached(hash, path) ?? this.#reading.get(key);
    if (known) return known;
    const reading = this.#read({ path, text, hash }).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  /** @param hash SHA-256 of the text */
  cached(hash: string, path: string): ReadFile | undefined {
    const key = keyOf(hash, path);
    const file = this.#files.get(key);
    if (!file) return undefined;
    this.#files.delete(key);
    this.#files.set(key, file);
    return file;
  }

  /** So that the first push does not wait for it: some 0.1 s, before the server listens. */
  async warmUp(): Promise<void> {
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      await this.#nextTurn();
      readQuickly({ path: 'warm-up', text: WARM_UP });
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #read(source: Omit<ReadFile, 'workflow'>): Promise<ReadFile> {
    await this.#nextTurn();
    const workflow = readQuickly(source) ?? (await this.#thread.read(source));
    // It may have been bad luck, so it is tried again.
    if (typeof workflow === 'string') return { ...source, workflow: unreadableWorkflow(source.path, workflow) };
    const file = { ...source, workflow };
    this.#keep(file);
    return file;
  }

  /** One file a turn, also when many are asked for at once. */
  #nextTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => nextTurn());
    return this.#turn;
  }

  #keep(file: ReadFile): void {
    this.#files.set(keyOf(file.hash, file.path), file);
    this.#length += lengthOf(file);
    for (const [key, oldest] of this.#files) {
      if (this.#length <= CACHED_LENGTH) break;
      this.#files.delete(key);
      this.#length -= lengthOf(oldest);
    }
  }
}

const keyOf = (hash: string, path: string): string => `${hash} ${path}`;

const lengthOf = ({ text }: ReadFile): number => text.length + FILE_LENGTH;
