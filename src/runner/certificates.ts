import { readFileSync } from 'node:fs';
import { deferredCaFile } from '../common/settings.ts';

let loaded: string[] | undefined;

/** The `ca` option for TLS connections; undefined leaves Node's own choice. @throws when the user's file cannot be read */
export function certificateAuthorities(): string[] | undefined {
  if (deferredCaFile === undefined) return undefined;
  loaded ??= [...process.getBuiltinModule('node:tls').rootCertificates, readFileSync(deferredCaFile, 'utf8')];
  return loaded;
}
