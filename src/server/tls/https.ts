import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../common/clock.ts';
import { Connections } from '../connections.ts';
import { ensureCertificate, readCertificate } from './files.ts';

const RENEWAL_CHECK_MS = 24 * 60 * 60 * 1000;

export interface HttpsOptions {
  dataFolder: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  clock: Clock;
  keepAliveMs: number;
}

/**
 * Serves what `app` serves over https too. The certificate is renewed while the server runs; its authority stays.
 * @returns the port
 */
export async function startHttps(
  app: FastifyInstance,
  options: HttpsOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { dataFolder, clock } = options;
  await ensureCertificate(dataFolder, undefined, clock.now());
  const server = createServer({ ...(await readCertificate(dataFolder)), minVersion: 'TLSv1.2' });
  server.keepAliveTimeout = options.keepAliveMs;
  server.on('request', (request, response) => app.server.emit('request', request, response));
  server.on('upgrade', (request, socket, head) => app.server.emit('upgrade', request, socket, head));
  const connections = new Connections(server);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const renewal = renewDaily(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      renewal.close();
      const callOff = connections.end(clock);
      const closed = once(server, 'close');
      server.close();
      await closed;
      callOff();
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
