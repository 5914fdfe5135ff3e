/** Whose certificates are trusted. A list of authorities costs a tenth of a second to read: only where it is needed. */
import { existsSync, readFileSync } from 'node:fs';
import { caFiles, isTlsUnverified } from '../common/settings.ts';

/** Where systems keep the authorities that their programs trust. Node trusts those that it brings. */
const SYSTEM_STORES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
/** What Node says of a certificate of an authority that it does not know. */
const UNKNOWN_AUTHORITY = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

export interface TlsOptions {
  /** Undefined leaves Node's own choice. */
  ca?: string[];
  rejectUnauthorized?: false;
}

let systemStore: string | undefined;
let loaded: { files: string; ca: string[] } | undefined;

/** Options for TLS connections. @throws when a file that the user named cannot be read */
export function tlsOptions(): TlsOptions {
  if (isTlsUnverified()) return { rejectUnauthorized: false };
  const files = [...caFiles(), ...(systemStore === undefined ? [] : [systemStore])];
  if (files.length === 0) return {};
  const key = files.join('\0');
  if (loaded?.files !== key) {
    const ca = [
      ...process.getBuiltinModule('node:tls').rootCertificates,
      ...files.map((file) => readFileSync(file, 'utf8')),
    ];
    loaded = { files: key, ca };
  }
  return { ca: loaded.ca };
}

/**
 * A server's authority is unknown: from now on those of the system are trusted too, as GitHub's runner does.
 * @returns false when that is nothing new
 */
export function trustSystemStore(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (systemStore !== undefined || !UNKNOWN_AUTHORITY.includes(code)) return false;
  systemStore = SYSTEM_STORES.find((file) => existsSync(file));
  return systemStore !== undefined;
}
