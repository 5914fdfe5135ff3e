import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { Clock } from '../clock.ts';
import { ensureCertificate, readCertificate } from './files.ts';

const RENEWAL_CHECK_MS = 24 * 60 * 60 * 1000;
/** A connection that never says anything holds a closing server up for so long. */
const HANDSHAKE_MS = 10_000;

export interface DecrypterOptions {
  /** Holds `tls/`, made where it is missing. */
  dataFolder: string;
  clock: Clock;
}

/** Speaks TLS with the certificate of a data folder, which it renews while it runs; its authority stays. */
export interface Decrypter {
  /** To listen with, or to hand connections to. */
  server: Server;
  /** Ends the renewal, not the server. */
  close(): void;
}

/** @param take gets what is decrypted */
export async function openDecrypter(
  { dataFolder, clock }: DecrypterOptions,
  take: (socket: Socket) => void,
): Promise<Decrypter> {
  await ensureCertificate(dataFolder, undefined, clock.now());
  const server = createServer({
    ...(await readCertificate(dataFolder)),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
  });
  server.on('secureConnection', take);
  // Who speaks no TLS, or not in time: Node leaves the connection open.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return { server, close: renewDaily(server, dataFolder, clock) };
}

function renewDaily(server: Server, dataFolder: string, clock: Clock): () => void {
  let cancel = (): void => {};
  const plan = (): void => {
    cancel = clock.after(RENEWAL_CHECK_MS, () => {
      plan();
      void ensureCertificate(dataFolder, undefined, clock.now())
        .then(async ({ isNew }) => isNew && server.setSecureContext(await readCertificate(dataFolder)))
        // It is tried again tomorrow, a month before it matters.
        .catch(() => {});
    });
  };
  plan();
  return () => cancel();
}
