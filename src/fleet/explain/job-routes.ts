import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { explainJobAtFleet } from './explain-job.ts';
import { allPoolFacts, type PoolSources } from './pool-facts.ts';

const Query = z.object({
  repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
  id: z.coerce.number().int().positive(),
  /** Separated by commas, which no label has. */
  labels: z.string().max(20_000).default(''),
  group: z.string().min(1).max(500).optional(),
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
      const facts = { job: { repository, id, labels, group }, known, pools: allPoolFacts(sources) };
      return explainJobAtFleet(facts, clock.now());
    });
  };
