import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { Clock } from '../../common/clock.ts';
import { ensureCertificate, readCertificate } from './files.ts';

const RENEWAL_CHECK_MS = 24 * 60 * 60 * 1000;
/** A connection that never says anything holds a closing server up for so long. */
const HANDSHAKE_MS = 10_000;

export interface HttpsOptions {
  dataFolder: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  clock: Clock;
}

export interface Https {
  port: number;
  /** Takes no new connections; resolves once those that there are have ended, which is up to the HTTP server. */
  close(): Promise<void>;
}

/**
 * Listens for https and gives what is decrypted to the HTTP server, whose limits and routes hold for it too. The
 * certificate is renewed while the server runs; its authority stays.
 */
export async function startHttps(http: HttpServer, options: HttpsOptions): Promise<Https> {
  const { dataFolder, clock } = options;
  await ensureCertificate(dataFolder, undefined, clock.now());
  const certificate = await readCertificate(dataFolder);
  const server = createServer({
    ...certificate,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
  });
  server.on('secureConnection', (socket) => http.emit('connection', socket));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const renewal = renewDaily(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      renewal.close();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function renewDaily(server: Server, { dataFolder, clock }: HttpsOptions): { close(): void } {
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
  return { close: () => cancel() };
}
