import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound } from '../../common/errors.ts';
import { type Caller, visibleRepositories } from '../auth/callers.ts';
import type { ServerContext } from '../context.ts';
import { askFleet, notOfFleet } from './fleet-api.ts';
import { servesCaller } from './runners.ts';

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;

/** Names of resources, as Kubernetes allows them. */
const Name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'is no name of a resource');
const Params = z.object({ namespace: Name, name: Name });

/** What the server itself looks at; the rest is for the page. */
const Pool = z.looseObject({
  scope: z.object({ kind: z.enum(['repository', 'organization', 'enterprise']), name: z.string() }).nullable(),
});
type Pool = z.infer<typeof Pool>;
const Pools = z.object({ pools: z.array(Pool) });

/** What the fleet tells of its pools (`protocol/dashboard/pools.ts`), of those that serve the caller. */
export function addPools(app: FastifyInstance, context: ServerContext): void {
  const ask = async (path: string): Promise<unknown> => {
    const fleet = await context.fleet();
    return fleet && askFleet(fleet, path, context.closing);
  };
  const poolFor = async (caller: Caller, params: unknown): Promise<{ path: string; pool: Pool }> => {
    const { namespace, name } = Params.parse(params);
    const path = `/explain/pools/${namespace}/${name}`;
    const answer = await ask(path);
    const pool = answer === undefined ? undefined : ofFleet(Pool, answer);
    if (!pool || !isShown(caller, pool)) throw notFound(`Pool ${namespace}/${name}`);
    return { path, pool };
  };
  app.get('/pools', PAGE, async ({ caller }) => {
    const fleet = await context.fleet();
    if (!fleet) return { hasFleet: false, pools: [] };
    const { pools } = ofFleet(Pools, await askFleet(fleet, '/explain/pools', context.closing));
    return { hasFleet: true, pools: pools.filter((pool) => isShown(caller, pool)) };
  });
  app.get('/pools/:namespace/:name', PAGE, async ({ caller, params }) => (await poolFor(caller, params)).pool);
  app.get('/pools/:namespace/:name/history', PAGE, async ({ caller, params }) => {
    const { path } = await poolFor(caller, params);
    const history = await ask(`${path}/history`);
    if (history === undefined) throw notFound('Its history');
    return history;
  });
}

/** As its runners. Of one that does not say where they register, those who see everything. */
const isShown = (caller: Caller, { scope }: Pool): boolean =>
  scope ? servesCaller(caller, scope) : visibleRepositories(caller) === 'all';

/** @throws UserError 502 */
function ofFleet<T>(shape: z.ZodType<T>, answer: unknown): T {
  const { success, data, error } = shape.safeParse(answer);
  if (success) return data;
  throw notOfFleet(error);
}
