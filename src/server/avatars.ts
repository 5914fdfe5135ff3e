import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';

const Params = z.object({ id: z.coerce.number().int().min(0).catch(0) });
const SQUARES = 5;

/** Pictures of people, made of their number alone: who asks learns nothing, so anybody may. */
export function avatarRoutes(): FastifyPluginAsync {
  return async (app) => {
    app.get('/avatars/u/:id', { config: { access: 'public' } }, async ({ params }, reply) => {
      const { id } = Params.parse(params);
      const headers = {
        'cache-control': 'public, max-age=86400, immutable',
        'content-security-policy': "default-src 'none'",
        'x-content-type-options': 'nosniff',
      };
      return reply.headers(headers).type('image/svg+xml').send(avatarOf(id));
    });
  };
}

/** A pattern that is the same on both sides, in a colour; both from the bits of the number. */
function avatarOf(id: number): string {
  const bits = Math.imul(id + 1, 0x9e3779b1) >>> 0;
  const half = Math.ceil(SQUARES / 2);
  let path = '';
  for (let row = 0; row < SQUARES; row++) {
    for (let column = 0; column < SQUARES; column++) {
      const bit = row * half + Math.min(column, SQUARES - 1 - column);
      if ((bits >>> bit) & 1) path += `M${column + 1} ${row + 1}h1v1h-1z`;
    }
  }
  const size = SQUARES + 2;
  const fill = `hsl(${bits % 360} 55% 45%)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}"><path fill="#eee" d="M0 0h${size}v${size}H0z"/><path fill="${fill}" d="${path}"/></svg>`;
}
