import type { Json } from '../../protocol/runner/tokens.ts';

/** What an expression may use, and the values of it. */
export interface Scope {
  /** By name in lower case. Any other name in an expression is an error. */
  contexts: Record<string, Json>;
  /** Without it `success()`, `failure()`, `cancelled()` and `always()` are unknown functions. */
  status?: StatusFunctions;
  /** Without it `hashFiles()` is an unknown function. */
  hashFiles?: (patterns: string[]) => string;
  /** Contexts whose members compare with case: `env` off Windows (SEM-20.4). */
  caseSensitive?: string[];
}

/** SEM-9.5 for jobs (arguments are job keys), SEM-19.2 for steps (no arguments). `always()` needs no implementation. */
export interface StatusFunctions {
  /** `success` and `failure` accept job keys; without it arguments are an error, as in a step's `if`. */
  takesJobs?: boolean;
  success(...jobs: string[]): boolean;
  failure(...jobs: string[]): boolean;
  cancelled(): boolean;
}
