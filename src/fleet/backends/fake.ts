import type { FieldWarning } from '../resources/kind.ts';
import type { Backend, Exit, Instance, StartRequest } from './types.ts';

/** A backend without programs: tests say when an instance ends. What it "runs" outlives `close()`, as the contract wants. */
export class FakeBackend implements Backend {
  readonly systemLabels = ['self-hosted', 'Linux', 'X64'];
  readonly started: StartRequest[] = [];
  /** Called before an instance is stopped; a test fails there when it was busy. */
  onStop: (name: string) => void = () => undefined;
  /** What instances that are stopped have printed. */
  output = '';
  /** Makes `start` fail. */
  startError: Error | undefined;
  /** Makes `start` wait for `answer`. */
  hangs = false;
  #answers: (() => void)[] = [];
  readonly #instances = new Map<string, Instance>();
  readonly #listeners = new Set<(name: string, exit: Exit) => void>();

  review(): FieldWarning[] {
    return [];
  }

  async start(request: StartRequest): Promise<void> {
    if (this.hangs) await new Promise<void>((resolve) => this.#answers.push(resolve));
    if (this.startError) throw this.startError;
    const known = this.#instances.get(request.name);
    if (known && !known.exit) return;
    this.started.push(request);
    this.#instances.set(request.name, { name: request.name, resumable: request.keepConfig });
  }

  async stop(name: string): Promise<void> {
    const instance = this.#instances.get(name);
    if (!instance || instance.exit) return;
    this.onStop(name);
    this.exit(name, { code: 0, output: this.output });
  }

  async remove(name: string): Promise<void> {
    this.#instances.delete(name);
  }

  async list(): Promise<Instance[]> {
    return [...this.#instances.values()];
  }

  onExit(listener: (name: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** Ends an instance by itself. */
  exit(name: string, exit: Exit): void {
    const instance = this.#instances.get(name);
    if (!instance || instance.exit) return;
    instance.exit = exit;
    for (const listener of this.#listeners) listener(name, exit);
  }

  /** Starts that hang go on. */
  answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }

  /** Names of what runs. */
  running(): string[] {
    return [...this.#instances.values()].filter(({ exit }) => !exit).map(({ name }) => name);
  }
}
