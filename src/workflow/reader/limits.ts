/** How much a file may ask of its reader (SEM-1.9). */

export interface ReadLimits {
  /** Lexical tokens of YAML. */
  lexemes: number;
  /** Of all values, once aliases are expanded. */
  resultBytes: number;
  /** `${{ }}`, once aliases are expanded. */
  expressions: number;
  /** A limit that is exceeded is an error of the file, or a `LimitExceeded` for the caller. */
  exceeded: 'reported' | 'thrown';
}

/** The most that a file may hold. Lexemes: what a megabyte of ordinary workflow has, some 30,000 lines. */
export const FILE_LIMITS: ReadLimits = {
  lexemes: 250_000,
  resultBytes: 10 * 1024 * 1024,
  expressions: Number.POSITIVE_INFINITY,
  exceeded: 'reported',
};

/** What is read in some milliseconds: 97 of 100 files of large public repositories. */
export const QUICK_LIMITS: ReadLimits = {
  lexemes: 4_000,
  resultBytes: 256 * 1024,
  expressions: 200,
  exceeded: 'thrown',
};

/** The file is not wrong, but more than was asked for. */
export class LimitExceeded extends Error {}
