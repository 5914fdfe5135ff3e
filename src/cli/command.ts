import type { Terminal } from './terminal/terminal.ts';

/** A command of `switchyard` as data: help, completion and parsing are all made from it. */
export interface Command {
  name: string;
  /** One line for the list of commands; no full stop. */
  summary: string;
  /** What a person must know beyond the options. */
  description?: string;
  arguments: Argument[];
  options: Option[];
  examples: Example[];
  /**
   * Does the work and resolves to the exit code: 0 done, 1 the work failed. Loads what is heavy only when it is called.
   * @throws UsageError (exit code 2) or UserError (exit code 1)
   */
  run(input: Input, terminal: Terminal): Promise<number>;
  /** The program behind it parses its own arguments. */
  passThrough?: boolean;
}

export interface Argument {
  name: string;
  what: string;
  required?: boolean;
  /** May be given several times; only the last argument of a command. */
  repeat?: boolean;
  /** Words that completion offers. */
  choices?: readonly string[];
}

export interface Option {
  /** As commander reads it: `-W, --workflow <file>`. */
  flags: string;
  what: string;
  /** May be given several times. */
  repeat?: boolean;
  choices?: readonly string[];
}

export interface Example {
  what: string;
  command: string;
}

/** A mistake in how a command was called: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The words of one call, by the names of the command's own table. */
export class Input {
  readonly #arguments: readonly (string | undefined)[];
  readonly #options: Record<string, unknown>;

  constructor(args: readonly (string | undefined)[], options: Record<string, unknown>) {
    this.#arguments = args;
    this.#options = options;
  }

  /** The argument at `index`, from 0. */
  argument(index: number): string | undefined {
    return this.#arguments[index];
  }

  /** All arguments, for a command whose only one may be given several times. */
  arguments(): string[] {
    return this.#arguments.filter((argument) => argument !== undefined);
  }

  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** False only after `--no-name`. */
  notRefused(name: string): boolean {
    return this.#options[name] !== false;
  }

  text(name: string): string | undefined {
    const value = this.#options[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.#options[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** @throws UsageError unless a whole number within `min`..`max` */
  number(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`--${name} is "${text}"; give a whole number from ${min} to ${max}.`);
  }

  /** Options of the form `--secret NAME=value` that `filter` lets through. @throws UsageError */
  pairs(name: string, filter: (text: string) => boolean = () => true): Record<string, string> {
    const pairs: Record<string, string> = {};
    for (const [position, pair] of this.list(name).entries()) {
      if (!filter(pair)) continue;
      const equals = pair.indexOf('=');
      // The text itself may be a secret: only its place is named.
      if (equals <= 0) throw new UsageError(`--${name} number ${position + 1} is not of the form NAME=VALUE.`);
      pairs[pair.slice(0, equals)] = pair.slice(equals + 1);
    }
    return pairs;
  }
}
