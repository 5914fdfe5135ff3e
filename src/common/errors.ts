/**
 * Three kinds of failure (DESIGN 7): the caller's mistake (`UserError`), another system's (`OutsideError`), and ours
 * (any other exception: logged with its stack, answered generically).
 */

export interface UserErrorOptions {
  /** What to do about it, in one sentence. */
  hint?: string;
  /** HTTP status a surface should answer with: 4xx, or 502 when the operator must mend another system. */
  status?: number;
  cause?: unknown;
}

/** Something the caller can mend. Shown without a stack; `code` is stable and listed in docs/reference/errors.md. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly status: number;

  constructor(code: string, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.status = options.status ?? 422;
  }
}

/** Another system failed. `retryable` says whether the same call may succeed later. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError';
  readonly retryable: boolean;
  /** HTTP status that the other system answered with, if it answered. */
  readonly status: number | undefined;
  /** What went wrong, in one word, where the status does not say it, such as `image-missing`. */
  readonly code: string | undefined;
  /** For how long the other system wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { retryable: boolean; status?: number; code?: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable;
    this.status = options.status;
    this.code = options.code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function notFound(what: string, hint?: string): UserError {
  return new UserError('not-found', `${what} was not found.`, { status: 404, hint });
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for Node's system errors with this code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
