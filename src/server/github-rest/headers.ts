import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { newGuid } from '../../common/ids.ts';

/** The release of GitHub Enterprise Server whose description of REST the answers are held against. */
export const GHES_VERSION = '3.19.0';

/** What every answer of GitHub's REST says beside its body, and nothing twice: GETs are conditional by their ETag. */
export function useGitHubHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    reply.headers({
      'x-github-media-type': 'github.v3; format=json',
      'x-github-enterprise-version': GHES_VERSION,
      'x-github-request-id': newGuid(),
      'x-content-type-options': 'nosniff',
    });
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const etag = `W/"${createHash('sha256').update(payload).digest('hex')}"`;
    reply.headers({ etag, 'cache-control': 'private, max-age=0, must-revalidate', vary: 'Accept, Authorization' });
    if (!isKnown(request.headers['if-none-match'], etag)) return payload;
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return '';
  });
}

/** Weak comparison: clients may leave out the `W/`. */
function isKnown(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag.slice(2)) || known.includes('*');
}
