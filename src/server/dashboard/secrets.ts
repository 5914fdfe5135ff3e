import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { sharedWith } from '../../store/setting-owners.ts';
import type { ServerContext } from '../context.ts';
import { saveSecret } from '../github-rest/secrets.ts';
import { SETTING_PLACES } from '../github-rest/setting-places.ts';

const SecretRequest = z.object({ value: z.string() });

/** Secrets as plain text, for whom sealing one as GitHub's REST wants it is too much. Reading is REST's. */
export function secretRoutes(app: FastifyInstance, context: ServerContext): void {
  for (const place of SETTING_PLACES) {
    const path = `${place.prefix.replace('/actions', '')}/secrets/:name`;
    app.put(path, place.write('secrets'), async (request, reply) => {
      const { value } = SecretRequest.parse(request.body);
      await saveSecret(context, place, request, value, async (known) => known ?? sharedWith('all', []));
      return reply.code(204).send();
    });
  }
}
