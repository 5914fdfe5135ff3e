import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { notFound } from '../../common/errors.ts';
import { explainPool } from './explain-pool.ts';
import { type PoolSources, poolFacts } from './pool-facts.ts';

const Params = z.object({ namespace: z.string(), name: z.string() });

/** `GET /explain/pools/NAMESPACE/NAME`, by the name of a RunnerDeployment, RunnerSet or AutoscalingRunnerSet. */
export const poolExplanations =
  (sources: PoolSources, clock: Clock): FastifyPluginAsync =>
  async (app) => {
    app.get('/explain/pools/:namespace/:name', async ({ params }) => {
      const { namespace, name } = Params.parse(params);
      const facts = poolFacts(sources, namespace, name);
      if (!facts) throw notFound(`A pool ${namespace}/${name}`, 'switchyard get rdeploy lists the pools.');
      return explainPool(facts, clock.now());
    });
  };
