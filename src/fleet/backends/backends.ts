import { OutsideError, UserError } from '../../common/errors.ts';
import type { FieldWarning } from '../resources/kind.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import type { Backend, Exit, Instance, StartRequest } from './types.ts';

/** One of several backends, opened when it is first needed. */
export interface BackendEntry {
  open(): Backend;
  /** An earlier fleet has started something there, which has to be found. */
  wasUsed(): boolean;
}

export interface BackendsOptions {
  entries: ReadonlyMap<string, BackendEntry>;
  /** Of objects that name none. */
  defaultName: string;
}

/** Several backends behind one. `choose` says which; what is about a name goes to all, of whom at most one knows it. */
export class Backends implements Backend {
  readonly #entries: ReadonlyMap<string, BackendEntry>;
  readonly #defaultName: string;
  readonly #open = new Map<string, Backend>();
  readonly #listeners = new Set<(name: string, exit: Exit) => void>();

  /** @throws UserError `no-backend` when there is none of the default's name */
  constructor({ entries, defaultName }: BackendsOptions) {
    this.#entries = entries;
    this.#defaultName = defaultName;
    this.#entry(defaultName);
  }

  choose(name: string | undefined): Backend {
    return this.#opened(name ?? this.#defaultName);
  }

  get systemLabels(): readonly string[] {
    return this.choose(undefined).systemLabels;
  }

  review(spec: RunnerSpec): FieldWarning[] {
    return this.choose(undefined).review(spec);
  }

  start(request: StartRequest): Promise<void> {
    return this.choose(undefined).start(request);
  }

  async stop(name: string, graceMs: number): Promise<void> {
    await Promise.all(this.#all().map((backend) => backend.stop(name, graceMs)));
  }

  async remove(name: string, options: { keepLog: boolean }): Promise<void> {
    await Promise.all(this.#all().map((backend) => backend.remove(name, options)));
  }

  async list(): Promise<Instance[]> {
    for (const [name, entry] of this.#entries) {
      if (entry.wasUsed()) this.#opened(name);
    }
    return (await Promise.all([...this.#open].map(([name, backend]) => listOf(name, backend)))).flat();
  }

  onExit(listener: (name: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await Promise.all(this.#all().map((backend) => backend.close()));
  }

  #all(): Backend[] {
    return [...this.#open.values()];
  }

  #opened(name: string): Backend {
    const known = this.#open.get(name);
    if (known) return known;
    const backend = this.#entry(name).open();
    this.#open.set(name, backend);
    backend.onExit((instance, exit) => {
      for (const listener of this.#listeners) listener(instance, exit);
    });
    return backend;
  }

  #entry(name: string): BackendEntry {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    throw new UserError('no-backend', `There is no backend "${name}".`, {
      hint: `This fleet has ${[...this.#entries.keys()].join(', ')}.`,
    });
  }
}

/** @throws OutsideError that names the backend: with what may run there unknown, nothing may be decided */
async function listOf(name: string, backend: Backend): Promise<Instance[]> {
  try {
    return await backend.list();
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const problem = `The backend ${name} does not tell which runners it has: ${error.message}`;
    throw new OutsideError(problem, { retryable: error.retryable, cause: error });
  }
}
