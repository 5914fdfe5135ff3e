/** What the fleet that the server knows says of a job, for the page. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { errorText, UserError } from '../../common/errors.ts';
import type { Explanation, FleetJobExplanation, JobAtFleet } from '../../protocol/dashboard/index.ts';
import { concernsFleet, type FleetPart, firstBrokenLink, fleetQuestion, wholeHistory } from '../../workflow/routing.ts';
import { type Caller, visibleRepositories } from '../auth/callers.ts';
import type { ServerContext } from '../context.ts';
import { askFleet, type FleetPlace, notOfFleet } from './fleet-api.ts';
import { jobInPath } from './seen.ts';

const PAGE = { config: { access: 'page', place: 'checked-by-handler' } } as const;

const Cause = z.object({ code: z.string(), text: z.string() });
/** As far as it is passed on. */
const Answer = z.object({
  known: z
    .object({
      status: z.string(),
      by: z.enum(['webhook', 'session', 'comparison']),
      at: z.string(),
      runner: z.string().nullable(),
    })
    .nullable(),
  cause: Cause.nullable(),
  pools: z.array(
    Cause.extend({
      kind: z.enum(['RunnerDeployment', 'RunnerSet', 'AutoscalingRunnerSet']),
      namespace: z.string(),
      name: z.string(),
    }),
  ),
  history: z.array(z.object({ at: z.string(), text: z.string() })),
}) satisfies z.ZodType<FleetJobExplanation>;

/** `GET /jobs/:id/explanation/fleet` (`JobAtFleet`). */
export function addJobAtFleet(app: FastifyInstance, context: ServerContext): void {
  app.get('/jobs/:id/explanation/fleet', PAGE, async (request): Promise<JobAtFleet> => {
    const job = await jobInPath(context, request);
    const explanation = await context.engine.views.explainJob(job.id);
    const place = await context.fleet();
    const asks = concernsFleet(explanation) ? explanation.asks : undefined;
    if (!place || !asks) return { fleet: null, firstBrokenLink: null, history: explanation.history };
    const fleet = await partOf(place, fleetQuestion(job.id, asks), asks, request.caller, context.closing);
    const history = wholeHistory(explanation, fleet);
    return { fleet: fleet ?? null, firstBrokenLink: firstBrokenLink(explanation, fleet), history };
  });
}

/** That the fleet does not answer is an answer too: it may be why no runner comes. */
async function partOf(
  place: FleetPlace,
  path: string,
  { repository }: NonNullable<Explanation['asks']>,
  caller: Caller,
  closing: AbortSignal,
): Promise<FleetPart> {
  try {
    const answer = Answer.safeParse(await askFleet(place, path, closing));
    if (!answer.success) throw notOfFleet(answer.error);
    return visibleRepositories(caller) === 'all' ? answer.data : withoutOthers(answer.data, repository);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: `The fleet cannot be asked: ${errorText(error)}` };
  }
}

/** Where pools of others register is nobody else's business. */
function withoutOthers(answer: FleetJobExplanation, repository: string): FleetJobExplanation {
  if (answer.cause?.code !== 'no-pool-serves') return answer;
  return { ...answer, cause: { ...answer.cause, text: `No pool serves ${repository}.` } };
}
