/** Errors as the Kubernetes API gives them: a `Status` object with a reason that tools understand. */
import { UserError } from '../../common/errors.ts';
import { type FieldCause, InvalidObject } from '../resources/field-errors.ts';

type Cause = Omit<FieldCause, 'reason'> & { reason: FieldCause['reason'] | 'FieldManagerConflict' };

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { name?: string; group?: string; kind?: string; uid?: string; causes?: Cause[] };
  code: number;
}

/** An apply names fields that other appliers own, with other values. */
export class ApplyConflict extends UserError {
  readonly causes: Cause[];

  constructor(contested: { manager: string; field: string }[]) {
    const texts = contested.map(({ manager, field }) => `conflict with "${manager}": ${field}`);
    const count = `${texts.length} conflict${texts.length === 1 ? '' : 's'}`;
    const list = texts.length === 1 ? texts[0] : `conflicts: [${texts.join(', ')}]`;
    super('conflict', `Apply failed with ${count}: ${list}`, { status: 409 });
    this.causes = contested.map(({ manager, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field,
    }));
  }
}

const REASON_OF_CODE: Record<string, string> = { 'already-exists': 'AlreadyExists', conflict: 'Conflict' };

const REASON_OF_STATUS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
};

export const badRequest = (message: string): UserError => new UserError('bad-request', message, { status: 400 });

/** The answer to a failed request; anything that is not the caller's fault is told without details. */
export function statusOf(error: unknown): Status {
  if (error instanceof UserError) {
    const reason = REASON_OF_CODE[error.code] ?? REASON_OF_STATUS[error.status];
    const message = error.hint ? `${error.message} ${error.hint}` : error.message;
    return failure(error.status, message, reason, { details: detailsOf(error) });
  }
  const status = clientStatusOf(error);
  if (status !== undefined && error instanceof Error) return failure(status, error.message, REASON_OF_STATUS[status]);
  return failure(500, 'The fleet has failed on this request; its log says why.', 'InternalError');
}

function detailsOf(error: UserError): Status['details'] {
  if (error instanceof InvalidObject) return { ...error.subject, causes: error.causes };
  return error instanceof ApplyConflict ? { causes: error.causes } : undefined;
}

export function success(details: Status['details']): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}

function failure(code: number, message: string, reason?: string, more: Pick<Status, 'details'> = {}): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...more, code };
}

/** Fastify's own refusals (body too large, unknown content type) carry a 4xx. */
function clientStatusOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : Number.NaN;
  return code >= 400 && code < 500 ? code : undefined;
}
