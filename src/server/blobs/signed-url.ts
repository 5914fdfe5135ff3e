import { UserError } from '../../common/errors.ts';
import type { ServerKeys } from '../auth/keys.ts';
import type { ServerContext } from '../context.ts';

/** `w` may put, `r` may get. */
export type BlobAccess = 'r' | 'w';

export interface SignedQuery {
  /** Expiry. In the form of Azure's, for SDKs read it. */
  se?: string;
  sp?: string;
  /** Content-Type and Content-Disposition of the answer, in Azure's words. */
  rsct?: string;
  rscd?: string;
  /** 64 hex digits: the toolkit masks this value in logs, so it must not be short (runner-protocol 9.3). */
  sig?: string;
}

/** How a blob is answered. */
export interface BlobLooks {
  contentType: string;
  fileName: string;
}

type Signing = Pick<ServerContext, 'keys' | 'clock'> & { settings: Pick<ServerContext['settings'], 'publicUrl'> };

/** A URL that lets whoever holds it read or write this one blob for `ttlSeconds`. It already has a query. */
export function signedUrl(
  context: Signing,
  name: string,
  access: BlobAccess,
  ttlSeconds: number,
  looks?: BlobLooks,
): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${context.settings.publicUrl}/blobs/${path}?${signedQuery(context, name, access, ttlSeconds, looks)}`;
}

/** For what is no blob: `name` must say of what kind it is. */
export function signedQuery(
  context: Pick<Signing, 'keys' | 'clock'>,
  name: string,
  access: BlobAccess,
  ttlSeconds: number,
  looks?: BlobLooks,
): URLSearchParams {
  const se = new Date(context.clock.now() + ttlSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const query = { se, sp: access, ...(looks && { rsct: looks.contentType, rscd: disposition(looks.fileName) }) };
  return new URLSearchParams({ ...query, sig: context.keys.sign(textOf(name, access, query)) });
}

/** @throws UserError 403 */
export function assertSigned(
  keys: ServerKeys,
  name: string,
  access: BlobAccess,
  query: SignedQuery,
  nowMs: number,
): void {
  const { se = '', sp, sig = '' } = query;
  const isValid = sp === access && keys.isSigned(textOf(name, access, query), sig);
  if (isValid && Date.parse(se) > nowMs) return;
  throw new UserError('bad-signature', 'The URL is not signed for this, or has expired.', { status: 403 });
}

const textOf = (name: string, access: BlobAccess, { se = '', rsct = '', rscd = '' }: SignedQuery): string =>
  [access, name, se, ...(rsct || rscd ? [rsct, rscd] : [])].join('\n');

/** RFC 6266: the plain name for old readers, the whole one for all others. */
function disposition(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
