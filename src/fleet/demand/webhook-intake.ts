/** Webhooks of a GitHub about jobs: checked, kept, acknowledged, and then known to scaling (on-demand-runners 4). */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { isSignedWithAny } from '../../common/webhook-signature.ts';
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

/** GitHub sends no more. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

export const WEBHOOK_PATH = '/webhooks/github';

const Headers = z.looseObject({
  'x-github-event': z.string().regex(/^[a-z_]{1,100}$/, 'must be the name of an event'),
  'x-github-delivery': z.string().min(1).max(200),
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
    takeBodiesWhole(app);
    app.post(
      WEBHOOK_PATH,
      {
        config: { isSigned: true },
        bodyLimit: MAX_BODY_BYTES,
        // Before the body is read.
        onRequest: async () => assertSecrets(options),
      },
      (request, reply) => receive(options, request, reply),
    );
  };
}

/** The signature is over the bytes as they came. */
function takeBodiesWhole(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** @throws UserError 403: nothing is let in by default */
function assertSecrets({ secrets }: WebhookIntakeOptions): void {
  if (secrets.length > 0) return;
  throw new UserError('webhooks-off', 'This fleet takes no webhooks: it has no secret to check them with.', {
    status: 403,
    hint: `Start it with ${SETTINGS.webhookSecret.env}, and give the webhook the same secret.`,
  });
}

async function receive(options: WebhookIntakeOptions, request: FastifyRequest, reply: FastifyReply) {
  const { book, record, clock } = options;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  assertSigned(options, request, body);
  const headers = read(Headers, request.headers, 'headers');
  const { 'x-github-event': event, 'x-github-delivery': id } = headers;
  if (event === 'ping') return reply.send({ message: 'pong' });
  if (record.has(id)) return reply.send({ message: 'This delivery was taken in before.' });
  const payload = read(Payload, parseJson(body), 'body');
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

function assertSigned({ secrets }: WebhookIntakeOptions, { headers }: FastifyRequest, body: Buffer): void {
  const signature = headers['x-hub-signature-256'];
  if (typeof signature === 'string' && isSignedWithAny(secrets, body, signature)) return;
  throw new UserError('bad-webhook-signature', 'The webhook is not signed with a secret of this fleet.', {
    status: 401,
    hint: `Give the webhook the secret that the fleet has in ${SETTINGS.webhookSecret.env}.`,
  });
}

/** Where REST lists the deliveries of the webhook, so that missed ones can be asked for. */
function hookPath(headers: z.infer<typeof Headers>, { repository, organization }: Payload): string | undefined {
  const id = headers['x-github-hook-id'];
  const target = headers['x-github-hook-installation-target-type'];
  if (id && target === 'repository' && repository) return `/repos/${repository.full_name}/hooks/${id}`;
  if (id && target === 'organization' && organization) return `/orgs/${organization.login}/hooks/${id}`;
  return undefined;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new UserError('bad-request', 'The body of the webhook is not JSON.', {
      hint: 'Set the content type of the webhook to application/json.',
      cause: error,
    });
  }
}

function read<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError('bad-request', `The ${what} of the webhook: ${z.prettifyError(parsed.error)}`);
}
