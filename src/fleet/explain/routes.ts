import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { notFound } from '../../common/errors.ts';
import type { PoolList } from '../../protocol/dashboard/index.ts';
import { explainPool, type PoolFacts, summarizePool } from './explain-pool.ts';
import { allPoolFacts, type PoolSources, poolFacts } from './pool-facts.ts';
import type { PoolHistories } from './pool-history.ts';

const Params = z.object({ namespace: z.string(), name: z.string() });

/** Pools, each by the namespace and name of its RunnerDeployment, RunnerSet or AutoscalingRunnerSet (`PoolList` and the like). */
export const poolExplanations =
  (sources: PoolSources, histories: PoolHistories, clock: Clock): FastifyPluginAsync =>
  async (app) => {
    const factsOf = (params: unknown): PoolFacts => {
      const { namespace, name } = Params.parse(params);
      const facts = poolFacts(sources, namespace, name);
      if (facts) return facts;
      throw notFound(`A pool ${namespace}/${name}`, 'switchyard get rdeploy lists the pools.');
    };
    app.get('/explain/pools', async (): Promise<Omit<PoolList, 'hasFleet'>> => {
      return { pools: allPoolFacts(sources).map((facts) => summarizePool(facts, clock.now())) };
    });
    app.get('/explain/pools/:namespace/:name', async ({ params }) => explainPool(factsOf(params), clock.now()));
    app.get('/explain/pools/:namespace/:name/history', async ({ params }) => {
      const { namespace, name } = factsOf(params);
      return histories.of(namespace, name);
    });
  };
