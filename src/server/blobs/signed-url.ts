import { UserError } from '../../common/errors.ts';
import type { ServerKeys } from '../auth/keys.ts';
import type { ServerContext } from '../context.ts';

/** `w` may put, `r` may get. */
export type BlobAccess = 'r' | 'w';

export interface SignedQuery {
  /** Expiry. In the form of Azure's, for SDKs read it. */
  se?: string;
  sp?: string;
  /** 64 hex digits: the toolkit masks this value in logs, so it must not be short (runner-protocol 9.3). */
  sig?: string;
}

type Signing = Pick<ServerContext, 'keys' | 'clock'> & { settings: Pick<ServerContext['settings'], 'publicUrl'> };

/** A URL that lets whoever holds it read or write this one blob for `ttlSeconds`. It already has a query. */
export function signedUrl(context: Signing, name: string, access: BlobAccess, ttlSeconds: number): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${context.settings.publicUrl}/blobs/${path}?${signedQuery(context, name, access, ttlSeconds)}`;
}

/** For what is no blob: `name` must say of what kind it is. */
export function signedQuery(
  context: Pick<Signing, 'keys' | 'clock'>,
  name: string,
  access: BlobAccess,
  ttlSeconds: number,
): URLSearchParams {
  const expiry = new Date(context.clock.now() + ttlSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return new URLSearchParams({ se: expiry, sp: access, sig: context.keys.sign(textOf(name, access, expiry)) });
}

/** @throws UserError 403 */
export function assertSigned(
  keys: ServerKeys,
  name: string,
  access: BlobAccess,
  { se = '', sp, sig = '' }: SignedQuery,
  nowMs: number,
): void {
  const isValid = sp === access && keys.isSigned(textOf(name, access, se), sig);
  if (isValid && Date.parse(se) > nowMs) return;
  throw new UserError('bad-signature', 'The URL is not signed for this, or has expired.', { status: 403 });
}

const textOf = (name: string, access: BlobAccess, expiry: string): string => [access, name, expiry].join('\n');
