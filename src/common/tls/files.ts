import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { hasErrorCode } from '../errors.ts';
import type { KeyAndCertificate } from './certificates.ts';

/** A certificate is made anew when it ends within this time. */
const RENEW_MS = 30 * 24 * 60 * 60 * 1000;
const AUTHORITY_NAME = 'Switchyard';
/** Names under which a server is reached on its own machine. */
export const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

export interface TlsFiles {
  /** What clients must trust. */
  authority: string;
  certificate: string;
  key: string;
}

export const tlsFiles = (dataFolder: string): TlsFiles & { authorityKey: string } => {
  const file = (name: string): string => join(dataFolder, 'tls', name);
  return {
    authority: file('ca.pem'),
    authorityKey: file('ca-key.pem'),
    certificate: file('server.pem'),
    key: file('server-key.pem'),
  };
};

/** Whether `ensureCertificate` was ever called: then the server serves https. */
export const hasCertificate = async (dataFolder: string): Promise<boolean> =>
  (await readIfThere(tlsFiles(dataFolder).certificate)) !== undefined;

/**
 * A certificate for these names, from the authority of the data folder; both are made where they are missing. The
 * authority stays: who trusts it trusts every later certificate.
 * @param names undefined: those of the certificate that is there
 * @returns whether a new certificate was made
 */
export async function ensureCertificate(
  dataFolder: string,
  names: string[] | undefined,
  nowMs: number,
): Promise<{ files: TlsFiles; isNew: boolean; names: string[]; endsAt: Date }> {
  const files = tlsFiles(dataFolder);
  const known = await readIfThere(files.certificate);
  const knownNames = known === undefined ? [] : namesIn(known);
  const wanted = names ?? (knownNames.length > 0 ? knownNames : LOCAL_NAMES);
  const isGood = known !== undefined && wanted.every((name) => knownNames.includes(normal(name)));
  if (isGood && endOf(known).getTime() - nowMs > RENEW_MS) {
    return { files, isNew: false, names: knownNames, endsAt: endOf(known) };
  }
  await mkdir(join(dataFolder, 'tls'), { recursive: true, mode: 0o700 });
  // Loaded here: it is large, and needed once a year.
  const { issueCertificate, makeAuthority } = await import('./certificates.ts');
  const authority = (await readAuthority(files)) ?? (await makeAuthority(AUTHORITY_NAME, nowMs));
  await writeSafely(files.authorityKey, authority.key);
  await writeSafely(files.authority, authority.certificate);
  const made = await issueCertificate(authority, wanted, nowMs);
  await writeSafely(files.key, made.key);
  await writeSafely(files.certificate, made.certificate);
  return { files, isNew: true, names: wanted, endsAt: endOf(made.certificate) };
}

/** What https is served with. */
export async function readCertificate(dataFolder: string): Promise<{ key: string; cert: string }> {
  const { key, certificate } = tlsFiles(dataFolder);
  return { key: await readFile(key, 'utf8'), cert: await readFile(certificate, 'utf8') };
}

async function readAuthority(files: ReturnType<typeof tlsFiles>): Promise<KeyAndCertificate | undefined> {
  const [key, certificate] = [await readIfThere(files.authorityKey), await readIfThere(files.authority)];
  return key !== undefined && certificate !== undefined ? { key, certificate } : undefined;
}

const endOf = (pem: string): Date => new Date(new X509Certificate(pem).validTo);

/** `DNS:localhost, IP Address:127.0.0.1` */
function namesIn(pem: string): string[] {
  const text = new X509Certificate(pem).subjectAltName ?? '';
  return [...text.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) => normal(name));
}

/** IPv6 addresses are written in more than one way. */
function normal(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}

async function writeSafely(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
