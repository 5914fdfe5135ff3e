import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerContext } from '../context.ts';

type WithUrl = Pick<ServerContext, 'settings'>;

/** The server's own address, as this caller reaches it. */
export function baseUrlOf({ settings }: WithUrl, request: FastifyRequest): string {
  const isHttps = request.protocol === 'https' && !settings.publicUrl.startsWith('https:');
  return isHttps ? `https://${request.host}` : settings.publicUrl;
}

/**
 * What is asked over https is answered with https addresses, for clients follow them and send their token along. Runners
 * keep the address that they were set up with.
 */
export function answerWithOwnAddresses(app: FastifyInstance, context: WithUrl): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { publicUrl } = context.settings;
    const base = baseUrlOf(context, request);
    if (base === publicUrl) return done(null, payload);
    for (const name of ['link', 'location']) {
      const value = reply.getHeader(name);
      if (typeof value === 'string') reply.header(name, value.replaceAll(publicUrl, base));
    }
    if (typeof payload !== 'string') return done(null, payload);
    reply.removeHeader('content-length');
    done(null, payload.replaceAll(publicUrl, base));
  });
}
