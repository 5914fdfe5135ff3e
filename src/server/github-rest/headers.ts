import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { newGuid } from '../../common/ids.ts';
import { type JsonText, toJson } from '../kept-json.ts';

/** The release of GitHub Enterprise Server whose description of REST the answers are held against. */
export const GHES_VERSION = '3.19.0';

/** What every answer of GitHub's REST says beside its body, and nothing twice: GETs are conditional by their ETag. */
export function useGitHubHeaders(app: FastifyInstance): void {
  const made = new WeakMap<FastifyReply, JsonText>();
  app.addHook<unknown>('preSerialization', (_request, reply, payload, done) => {
    if (typeof payload === 'object' && payload !== null) {
      const json = toJson(payload);
      made.set(reply, json);
      reply.serializer(() => json.text);
    }
    done(null, payload);
  });
  app.addHook<unknown>('onSend', (request, reply, payload, done) => {
    reply.headers({
      'x-github-media-type': 'github.v3; format=json',
      'x-github-enterprise-version': GHES_VERSION,
      'x-github-request-id': newGuid(),
      'x-content-type-options': 'nosniff',
    });
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return done(null, payload);
    const json = made.get(reply);
    // Addresses may have been written anew since (tls/addresses.ts).
    const etag = `W/"${json?.text === payload ? json.digest : hash('sha256', payload)}"`;
    reply.headers({ etag, 'cache-control': 'private, max-age=0, must-revalidate', vary: 'Accept, Authorization' });
    if (!isKnown(request.headers['if-none-match'], etag)) return done(null, payload);
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    done(null, '');
  });
}

/** Weak comparison: clients may leave out the `W/`. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const known = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag.slice(2)) || known.includes('*');
}
