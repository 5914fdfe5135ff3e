import type { FastifyInstance } from 'fastify';
import type { Pool, PoolExplanation, PoolHistory } from '../../src/protocol/dashboard/index.ts';

/** A fleet's pools, as the server passes them on. */
export class StandInPools {
  readonly pools: PoolExplanation[] = [];
  /** Of all pools. */
  history: PoolHistory = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z', points: [] };
  hasFleet = true;
  /** The fleet does not answer. */
  isDown = false;

  addRoutes(api: FastifyInstance): void {
    const down = {
      message: 'The fleet does not answer.',
      code: 'fleet-failed',
      hint: 'It may be stopped or restarting.',
    };
    api.addHook('onRequest', async (request, reply) => {
      if (this.isDown && request.url.includes('/pools')) return reply.code(502).send(down);
    });
    api.get('/pools', () => ({ hasFleet: this.hasFleet, pools: this.pools.map(summary) }));
    api.get('/pools/:namespace/:name', ({ params }, reply) => this.#find(params) ?? reply.code(404).send(NOT_FOUND));
    api.get('/pools/:namespace/:name/history', ({ params }, reply) =>
      this.#find(params) ? this.history : reply.code(404).send(NOT_FOUND),
    );
  }

  #find(params: unknown): PoolExplanation | undefined {
    const { namespace, name } = params as { namespace: string; name: string };
    return this.pools.find((pool) => pool.namespace === namespace && pool.name === name);
  }
}

const NOT_FOUND = { message: 'Pool was not found.', code: 'not-found' };

function summary({
  reasons: _reasons,
  schedule: _schedule,
  runners: _runners,
  events: _events,
  ...pool
}: PoolExplanation): Pool {
  return pool;
}
