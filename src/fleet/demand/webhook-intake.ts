/** Webhooks of a GitHub about jobs: checked, kept, acknowledged, and then known to scaling (on-demand-runners 4). */
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { readWebhook, takeWebhooks, type Webhook } from '../../common/webhook-request.ts';
import type { JobBook } from './job-book.ts';
import { factOf, type JobFact, WorkflowJob } from './job-fact.ts';
import type { JobRecord } from './job-record.ts';

export interface WebhookIntakeOptions {
  book: JobBook;
  record: JobRecord;
  /** Any of them is taken, so that a secret can be changed without a gap; none lets nothing in. */
  secrets: readonly string[];
  clock: Clock;
  /** Called with the path of the webhook that has sent something. */
  onTaken: (hook: string) => void;
}

const HookHeaders = z.looseObject({
  'x-github-hook-id': z
    .string()
    .regex(/^\d{1,19}$/)
    .optional(),
  'x-github-hook-installation-target-type': z.string().max(100).optional(),
});

const name = z.string().regex(/^[\w.-]{1,100}$/);
const Payload = z.looseObject({
  repository: z.looseObject({ full_name: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/) }).optional(),
  organization: z.looseObject({ login: name }).optional(),
  workflow_job: WorkflowJob.optional(),
});
type Payload = z.infer<typeof Payload>;

/** `POST /webhooks/github` on the fleet's API. Signed instead of by the API's token. */
export function webhookIntake(options: WebhookIntakeOptions): FastifyPluginAsync {
  return async (app) => {
    const take = (webhook: Webhook, reply: FastifyReply) => receive(options, webhook, reply);
    takeWebhooks(app, { name: 'fleet', secrets: options.secrets, config: { isSigned: true }, take });
  };
}

async function receive(options: WebhookIntakeOptions, webhook: Webhook, reply: FastifyReply): Promise<FastifyReply> {
  const { book, record, clock } = options;
  const { id, event } = webhook;
  if (record.has(id)) return reply.send({ message: 'This delivery was taken in before.' });
  const headers = readWebhook(HookHeaders, webhook.headers, 'headers');
  const payload = readWebhook(Payload, webhook.payload(), 'body');
  const fact = event === 'workflow_job' ? factIn(payload, clock.now()) : undefined;
  const hook = hookPath(headers, payload);
  // On disk first: what is acknowledged is never lost.
  record.take({ id, event, hook, fact }, clock.now());
  if (hook) options.onTaken(hook);
  if (!fact) return reply.send({ message: `The event ${event} says nothing about demand.` });
  const isNews = book.note(fact);
  return reply.code(202).send({ message: sentence(fact, isNews) });
}

function factIn({ repository, workflow_job: job }: Payload, nowMs: number): JobFact {
  if (repository && job) return factOf(repository.full_name, job, nowMs, 'webhook');
  throw new UserError('bad-request', 'A workflow_job event must name its repository and its workflow_job.');
}

const sentence = ({ repository, id, status }: JobFact, isNews: boolean): string =>
  `Job ${id} of ${repository} is ${status}${isNews ? '' : ', which was known or is out of date'}.`;

/** Where REST lists the deliveries of the webhook, so that missed ones can be asked for. */
function hookPath(headers: z.infer<typeof HookHeaders>, { repository, organization }: Payload): string | undefined {
  const id = headers['x-github-hook-id'];
  const target = headers['x-github-hook-installation-target-type'];
  if (id && target === 'repository' && repository) return `/repos/${repository.full_name}/hooks/${id}`;
  if (id && target === 'organization' && organization) return `/orgs/${organization.login}/hooks/${id}`;
  return undefined;
}
