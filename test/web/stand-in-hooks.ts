import type { FastifyInstance } from 'fastify';
import { DASHBOARD_PREFIX, type Hook, type HookDeliveryDetail } from '../../src/protocol/dashboard/index.ts';

/** Webhooks and their log, as the server has them. */
export class StandInHooks {
  readonly hooks: Hook[] = [];
  /** Of all hooks, oldest first. */
  readonly deliveries: HookDeliveryDetail[] = [];
  /** Deliveries that were asked for again, in order. */
  readonly redelivered: number[] = [];
  /** What asking for it again is answered. */
  refusal: { status: number; message: string } | undefined;

  addRoutes(app: FastifyInstance): void {
    const base = '/api/v3/repos/:owner/:repo/hooks/:hook/deliveries';
    app.get(`${DASHBOARD_PREFIX}/hooks`, () => ({ hooks: this.hooks }));
    app.get(base, ({ query }) => {
      const { cursor, per_page: limit } = query as { cursor?: string; per_page: string };
      const older = this.deliveries.filter(({ id }) => cursor === undefined || id < Number(cursor));
      return older.reverse().slice(0, Number(limit)).map(short);
    });
    app.get(`${base}/:id`, ({ params }, reply) => {
      const { id } = params as { id: string };
      const found = this.deliveries.find((one) => one.id === Number(id));
      return found ? { ...found, ...REST_ONLY } : reply.code(404).send({ message: 'Not Found' });
    });
    app.post(`${base}/:id/attempts`, ({ params }, reply) => {
      if (this.refusal) return reply.code(this.refusal.status).send({ message: this.refusal.message });
      this.redelivered.push(Number((params as { id: string }).id));
      return reply.code(202).send({});
    });
  }
}

/** Every answer below /api/v3 is held against GitHub's description, also here. */
const REST_ONLY = { installation_id: null, repository_id: 1 };
const short = ({ url: _url, request: _request, response: _response, ...rest }: HookDeliveryDetail) => ({
  ...rest,
  ...REST_ONLY,
});
