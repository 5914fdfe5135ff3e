import type { StepContext } from './step-context.ts';

/** Runs git in one folder. Secrets go through the environment, never through arguments. */
export class Git {
  readonly #context: StepContext;
  readonly #program: string;
  readonly #folder: string;
  readonly #env: Record<string, string>;

  /** @param config settings for this step's commands only, by name */
  constructor(context: StepContext, program: string, folder: string, config: [string, string][]) {
    this.#context = context;
    this.#program = program;
    this.#folder = folder;
    this.#env = {
      GIT_TERMINAL_PROMPT: '0',
      GCM_INTERACTIVE: 'Never',
      GIT_CONFIG_COUNT: `${config.length}`,
      ...Object.fromEntries(
        config.flatMap(([name, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, name],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
    };
  }

  /** Shows the command and its output. @throws Error when it fails */
  async run(...args: string[]): Promise<void> {
    if ((await this.tryRun(...args)) !== 0) {
      throw new Error(`The process '${this.#program}' failed: git ${args.join(' ')}`);
    }
  }

  async tryRun(...args: string[]): Promise<number> {
    this.#context.output.command(`${this.#program} ${args.join(' ')}`);
    // Not scanned: a commit's subject must not act as a workflow command.
    return await this.#start(args, (lines) => this.#context.output.print(...lines));
  }

  /** Output of a command that is not shown; undefined when it fails. */
  async read(...args: string[]): Promise<string | undefined> {
    const output: string[] = [];
    const code = await this.#start(args, (lines) => output.push(...lines));
    return code === 0 ? output.join('\n') : undefined;
  }

  async #start(args: string[], onLines: (lines: string[]) => void): Promise<number> {
    const request = { command: this.#program, args, cwd: this.#folder, env: this.#env, onLines, isOwn: true };
    const { code } = await this.#context.run(request);
    this.#context.signal.throwIfAborted();
    return code;
  }
}
