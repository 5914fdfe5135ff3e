import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { instanceNameIn } from '../reconcilers/context.ts';
import { explainJobAtFleet, type JobFacts } from './explain-job.ts';
import type { PoolFacts } from './explain-pool.ts';
import { allPoolFacts, type PoolSources } from './pool-facts.ts';

const Query = z.object({
  repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
  id: z.coerce.number().int().positive(),
  /** Separated by commas, which no label has. */
  labels: z.string().max(20_000).default(''),
  group: z.string().min(1).max(500).optional(),
  /** Name of the runner that has it or was offered it. */
  runner: z.string().min(1).max(200).optional(),
});

/** `GET /explain/jobs` (`FleetJobExplanation`): of a job that the fleet need not have heard of. */
export const jobExplanations =
  (sources: PoolSources, clock: Clock): FastifyPluginAsync =>
  async (app) => {
    app.get('/explain/jobs', async ({ query }) => {
      const asked = Query.safeParse(query);
      if (!asked.success) {
        throw new UserError('bad-request', 'Name the job by repository=OWNER/NAME, id and labels=A,B.', {
          status: 400,
        });
      }
      const { repository, id, group } = asked.data;
      const labels = asked.data.labels.split(',').filter((label) => label !== '');
      const known = sources.demand.find(repository, id);
      const pools = allPoolFacts(sources);
      const runner = lifeOf(sources, pools, asked.data.runner ?? known?.runnerName);
      return explainJobAtFleet({ job: { repository, id, labels, group }, known, runner, pools }, clock.now());
    });
  };

/** Servers know runners by name alone; here each belongs to a namespace. */
function lifeOf({ live }: PoolSources, pools: readonly PoolFacts[], name: string | undefined): JobFacts['runner'] {
  const facts = live?.();
  if (!facts || name === undefined) return undefined;
  const namespaces = [...new Set(pools.map(({ namespace }) => namespace))];
  const lives = namespaces.map((namespace) => facts.timesOf(instanceNameIn(namespace, name)));
  const times = lives.find(({ asked }) => asked !== undefined);
  return times && { name, times };
}
