import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DecrypterOptions, openDecrypter } from '../../common/tls/decrypter.ts';

export interface HttpsOptions extends DecrypterOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
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
  const { server, close: endRenewal } = await openDecrypter(options, (socket) => http.emit('connection', socket));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      endRenewal();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
