import { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import { isRetryableStatus } from '../http.ts';
import { limitEndsInMs } from '../rate-limits.ts';

const ErrorBody = z.looseObject({ typeName: z.string().default(''), message: z.string().default('') });

/** Names by which clients tell the service's refusals apart (runner-protocol 10.2). */
export type ServiceException = 'AgentExistsException' | 'AgentNotFoundException' | 'JobStillRunningException';

/** What the service of scale sets answered instead of doing it. */
export class ScaleSetRefusal extends OutsideError {
  /** Such as `AgentExistsException`; empty when the answer was not the service's. */
  readonly exception: string;

  constructor(message: string, status: number, exception: string, retryAfterMs?: number) {
    super(message, { retryable: isRetryableStatus(status), status, retryAfterMs });
    this.exception = exception;
  }
}

export const isRefused = (error: unknown, exception: ServiceException): boolean =>
  error instanceof ScaleSetRefusal && error.exception === exception;

/** The refusal in an answer that is no success. Its request id helps GitHub's support, so it is quoted. */
export async function refusalIn(response: Response, what: string): Promise<ScaleSetRefusal> {
  const { typeName, message } = readError(await response.text().catch(() => ''));
  const exception = /(\w+Exception)\b/.exec(typeName)?.[1] ?? '';
  const requestId = response.headers.get('x-github-request-id') ?? response.headers.get('activityid');
  const quoted = requestId ? ` (request ${requestId})` : '';
  const why = message || response.statusText;
  const retryAfterMs = response.status === 429 ? limitEndsInMs(response) : undefined;
  const told = `${what} answered ${response.status}: ${why}${quoted}`;
  return new ScaleSetRefusal(told, response.status, exception, retryAfterMs);
}

function readError(text: string): z.infer<typeof ErrorBody> {
  try {
    // Some of its answers begin with a byte order mark.
    const body = ErrorBody.safeParse(JSON.parse(text.replace(/^\uFEFF/, '')));
    if (body.success) return body.data;
  } catch {
    // A proxy's page: the status alone is clearer.
  }
  return { typeName: '', message: '' };
}
