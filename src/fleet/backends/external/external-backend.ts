import { mkdir } from 'node:fs/promises';
import { errorText, OutsideError, UserError } from '../../../common/errors.ts';
import type { FieldWarning } from '../../resources/kind.ts';
import { FLEETS_OWN_FIELDS, RunnerSpec } from '../../resources/runner-spec.ts';
import { type Backend, type Exit, type Instance, type StartRequest, WORK_FOLDER } from '../types.ts';
import { ProgramLink, type ProgramOptions } from './program-link.ts';
import { type Hello, InstanceList, PROTOCOL_VERSION } from './protocol.ts';

/** It may fetch an image or start a machine. */
const START_TIMEOUT_MS = 5 * 60_000;
const CALL_TIMEOUT_MS = 30_000;

/** Given to it with every stop. */
const GIVEN = ['terminationGracePeriodSeconds'];

/** A program of somebody else's that starts runners, spoken to in lines of JSON. It is believed nothing that can be checked. */
export class ExternalBackend implements Backend {
  readonly #options: ProgramOptions;
  readonly #link: ProgramLink;
  readonly #live = new Set<string>();
  readonly #listeners = new Set<(name: string, exit: Exit) => void>();
  #hello: Hello = { version: PROTOCOL_VERSION, systemLabels: [], honours: [] };

  private constructor(options: ProgramOptions) {
    this.#options = options;
    this.#link = new ProgramLink({
      ...options,
      onExit: ({ name, exit }) => this.#ended(name, exit),
      onReturn: () => void this.#lookAgain(),
    });
  }

  /** @throws UserError `bad-backend` when the program cannot be started or says no proper hello */
  static async open(options: ProgramOptions): Promise<ExternalBackend> {
    await mkdir(options.stateFolder, { recursive: true, mode: 0o700 });
    const backend = new ExternalBackend(options);
    backend.#hello = await backend.#link.open().catch((error: unknown) => {
      throw new UserError('bad-backend', errorText(error), {
        hint: `Mend ${options.program}, or take it out of the settings.`,
        cause: error,
      });
    });
    return backend;
  }

  get systemLabels(): readonly string[] {
    return this.#hello.systemLabels;
  }

  review(spec: RunnerSpec): FieldWarning[] {
    const { honours } = this.#hello;
    // Its variables are among the others when a runner is started.
    const brought = honours.includes('env') ? ['envFrom'] : [];
    const honoured = new Set([...FLEETS_OWN_FIELDS, ...GIVEN, ...honours, ...brought]);
    const message = `has no effect: the program of the backend ${this.#options.name} does not honour it`;
    return Object.entries(spec)
      .filter(([field, value]) => value !== undefined && field in RunnerSpec.shape && !honoured.has(field))
      .map(([field]) => ({ field, message }));
  }

  workFolder(_name: string, { workDir }: RunnerSpec): string {
    return (this.#hello.honours.includes('workDir') && workDir) || WORK_FOLDER;
  }

  async start({ name, jitConfig, keepConfig, spec }: StartRequest): Promise<void> {
    if (this.#live.has(name)) return;
    // Before the call: it may end before the program has answered.
    this.#live.add(name);
    try {
      await this.#link.request('start', { name, jitConfig, keepConfig, spec }, START_TIMEOUT_MS);
    } catch (error) {
      this.#live.delete(name);
      await this.#undo(name, jitConfig === undefined);
      throw error;
    }
  }

  async stop(name: string, graceMs: number): Promise<void> {
    if (!this.#live.has(name)) return;
    await this.#link.request('stop', { name, graceMs }, graceMs + CALL_TIMEOUT_MS);
    if (!this.#live.has(name)) return;
    // It should have told the end by now.
    await this.list();
    if (this.#live.has(name)) throw this.#lie(`has stopped ${name}, yet lists it as running`);
  }

  async remove(name: string, { keepLog }: { keepLog: boolean }): Promise<void> {
    if (this.#live.has(name)) throw new Error(`runner ${name} still runs`);
    await this.#link.request('remove', { name, keepLog }, CALL_TIMEOUT_MS);
  }

  /** Also tells ends that the program has kept to itself. */
  async list(): Promise<Instance[]> {
    const answer = InstanceList.safeParse(await this.#link.request('list', {}, CALL_TIMEOUT_MS));
    if (!answer.success) throw this.#distrust(`lists what is no list of instances: ${answer.error.message}`);
    const { instances } = answer.data;
    const names = new Set(instances.map(({ name }) => name));
    if (names.size < instances.length) throw this.#distrust('lists an instance twice');
    for (const { name, exit } of instances) {
      if (exit) this.#ended(name, exit);
      else this.#live.add(name);
    }
    return instances.map(({ name, resumable, exit }) => ({ name, resumable, ...(exit ? { exit } : {}) }));
  }

  onExit(listener: (name: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#link.close();
  }

  /** Once for every instance that was live; what else the program tells is noted only. */
  #ended(name: string, exit: Exit): void {
    if (!this.#live.delete(name)) {
      this.#options.logger.debug({ backend: this.#options.name, runner: name }, 'an end of what was not known to run');
      return;
    }
    for (const listener of this.#listeners) listener(name, exit);
  }

  /** What the program has started all the same, late or half, must not run on. */
  async #undo(name: string, isResumed: boolean): Promise<void> {
    try {
      await this.#link.request('stop', { name, graceMs: 0 }, CALL_TIMEOUT_MS);
      if (!isResumed) await this.#link.request('remove', { name, keepLog: false }, CALL_TIMEOUT_MS);
    } catch (error) {
      this.#options.logger.warn({ runner: name, problem: errorText(error) }, 'a failed start could not be undone');
    }
  }

  /** The program was started anew: what it does not have any more has ended without its seeing. */
  async #lookAgain(): Promise<void> {
    const before = [...this.#live];
    try {
      const now = new Set((await this.list()).map(({ name }) => name));
      for (const name of before) {
        if (!now.has(name)) this.#ended(name, { reason: 'its backend does not know it any more', output: '' });
      }
    } catch (error) {
      this.#link.fail(errorText(error));
    }
  }

  /** For answers after which nothing of it can be relied on: it is started anew. */
  #distrust(what: string): OutsideError {
    this.#link.fail(what);
    return this.#lie(what);
  }

  #lie(what: string): OutsideError {
    return new OutsideError(`The program of the backend ${this.#options.name} ${what}.`, {
      retryable: true,
      code: 'backend-lies',
    });
  }
}
