import type { FastifyPluginAsync } from 'fastify';
import { type ExecutionResult, execute, GraphQLError, parse, validate } from 'graphql';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { useGitHubErrors } from '../github-rest/errors.ts';
import { baseUrlOf } from '../tls/addresses.ts';
import { assertAffordable } from './limits.ts';
import { Resolvers } from './resolvers.ts';
import { schema } from './schema.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** Far more than any query of `gh` has; bounds what it costs to read and validate one. */
const MAX_TOKENS = 2_000;

const Request = z.looseObject({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

/** GitHub's GraphQL, for `gh`. https://docs.github.com/graphql */
export function graphqlRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    useGitHubErrors(app, context);
    const need = needs('read', 'metadata: read', { place: 'checked-by-handler' });
    app.post('/api/graphql', { ...need, bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const asked = Request.parse(request.body);
      const rootValue = new Resolvers(context, request.caller, baseUrlOf(context, request));
      reply.header('x-github-media-type', 'github.v4; format=json');
      return shown(await answer(asked, rootValue), context);
    });
  };
}

async function answer(
  { query, variables, operationName }: z.infer<typeof Request>,
  rootValue: Resolvers,
): Promise<ExecutionResult> {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    const errors = validate(schema, document);
    if (errors.length > 0) return { errors };
    assertAffordable(document, variables ?? {});
    return await execute({ schema, document, rootValue, variableValues: variables, operationName });
  } catch (error) {
    // What the query itself gets wrong.
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

/** GitHub's form: `type` beside the message. What is our fault is told to the log alone. */
function shown({ data, errors }: ExecutionResult, { logger }: ServerContext) {
  if (!errors) return { data };
  return { data: data ?? null, errors: errors.map((error) => errorObject(error, logger)) };
}

function errorObject(error: GraphQLError, logger: ServerContext['logger']) {
  const { message, path, locations, originalError, extensions } = error;
  const place = { ...(path ? { path } : {}), ...(locations ? { locations } : {}) };
  if (originalError === undefined || originalError instanceof GraphQLError) {
    return { ...(extensions.type ? { type: extensions.type } : {}), message, ...place };
  }
  if (originalError instanceof UserError) {
    return { type: originalError.status === 403 ? 'FORBIDDEN' : 'NOT_FOUND', message: originalError.message, ...place };
  }
  logger.error({ err: originalError }, 'a GraphQL field failed');
  return { type: 'INTERNAL', message: 'The server failed here. Its log says more.', ...place };
}
