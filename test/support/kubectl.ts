import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The real kubectl, with a home and a kubeconfig of its own. */
export class Kubectl {
  readonly #program: string;
  readonly #env: Record<string, string>;

  constructor(program: string, place: { home: string; kubeconfig: string }) {
    this.#program = program;
    this.#env = { PATH: process.env.PATH ?? '', HOME: place.home, KUBECONFIG: place.kubeconfig };
  }

  /** @returns what it prints, warnings too. @throws Error with both outputs when it fails */
  async run(args: string[], input = ''): Promise<string> {
    const child = run(this.#program, args, { env: this.#env, timeout: 60_000 });
    child.child.stdin?.end(input);
    try {
      const { stdout, stderr } = await child;
      return stdout + stderr;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`kubectl ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  async json<T>(args: string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }

  /** @returns what it says while it fails */
  async refused(args: string[], input = ''): Promise<string> {
    const failure = await this.run(args, input).then(
      (out) => new Error(`kubectl ${args.join(' ')} did not fail:\n${out}`),
      (error: Error) => error,
    );
    if (failure.cause === undefined) throw failure;
    return failure.message;
  }

  /** Goes on until `end`; `line` resolves with the next line that matches. */
  follow(args: string[]): { line(pattern: RegExp): Promise<string>; end(): void } {
    const child: ChildProcess = spawn(this.#program, args, { env: this.#env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (!child.stdout) throw new Error('kubectl has no output');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      async line(pattern) {
        for (;;) {
          const { value, done } = await lines.next();
          if (done) throw new Error(`kubectl ended before it said ${pattern}`);
          if (pattern.test(value)) return value;
        }
      },
      end: () => child.kill(),
    };
  }
}
