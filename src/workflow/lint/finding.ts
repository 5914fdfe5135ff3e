/** What a lint rule is and what it finds. */
import type { LintFile } from './lint-file.ts';
import type { LintRepository } from './repository.ts';

/** `error`: it will not do what is written, or it is dangerous. `warning`: surely not meant. `notice`: worth knowing. */
export type Severity = 'error' | 'warning' | 'notice';

/** One thing that is wrong, with its place. Places count from 1. */
export interface Finding {
  /** Path in the repository: `.github/workflows/ci.yml`. */
  file: string;
  line: number;
  column: number;
  /** Where it ends on the same line; `null` when only its start is known. */
  endColumn: number | null;
  rule: string;
  severity: Severity;
  message: string;
  hint: string | null;
}

/** What a rule reports. */
export interface Found {
  place: SourcePlace;
  message: string;
  /** In place of the rule's own. */
  hint?: string;
  /** In place of the rule's own. */
  severity?: Severity;
}

export interface SourcePlace {
  line: number;
  column: number;
  endColumn?: number;
  /** Line on which the value begins that the place lies in; a comment there silences too. */
  valueLine?: number;
}

/** One check: pure, over a file and the repository around it. A file of `rules/` each. */
export interface Rule {
  id: string;
  severity: Severity;
  /** What it finds, in one sentence. */
  summary: string;
  /** What to do about a finding, in one sentence. */
  hint: string;
  /** Checked only when it is asked for. */
  optional?: true;
  check(file: LintFile, repository: LintRepository): Iterable<Found>;
}
