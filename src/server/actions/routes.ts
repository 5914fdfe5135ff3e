/** Actions of other repositories for the jobs that use them (runner-protocol 7). */
import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { errorText, UserError } from '../../common/errors.ts';
import {
  type ActionDownload,
  type ActionDownloadsRefusal,
  ActionDownloadsRequest,
  type ActionDownloadsResponse,
} from '../../protocol/runner/index.ts';
import { findRepository } from '../../store/repositories.ts';
import { assertSigned, signedQuery } from '../blobs/signed-url.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { checkRepositoryName } from '../git/names.ts';
import { archiveOf } from './archive.ts';
import { type ActionsPolicy, readPolicy } from './policy.ts';
import { type ResolveOptions, resolveAction } from './resolve.ts';
import { type ActionSource, UpstreamActions } from './upstream.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** A job downloads its actions at its start; a nested one a little later. */
const URL_SECONDS = 60 * 60;

const ArchiveParams = z.object({
  owner: z.string(),
  name: z.string(),
  file: z.string().regex(/^[0-9a-f]{40}\.(tar\.gz|zip)$/),
});
const ArchiveQuery = z.object({ se: z.string(), sp: z.string(), sig: z.string() }).partial();

export const actionRoutes =
  (context: ServerContext, policy: ActionsPolicy = readPolicy()): FastifyPluginAsync =>
  async (app) => {
    const root = join(context.settings.dataFolder, 'actions');
    const upstream = new UpstreamActions({ root, policy, clock: context.clock, logger: context.logger });
    app.setErrorHandler((error, request, reply) => {
      const { status, message } = failureOf(error, request, context.logger);
      return reply.code(status).send({ message });
    });

    app.post<{ Params: { planId: string; jobId: string } }>(
      '/actions/build/:planId/jobs/:jobId/runnerresolve/actions',
      { config: { access: 'job' }, bodyLimit: MAX_BODY_BYTES },
      async ({ caller, params, body }, reply) => {
        if (caller.kind !== 'job') throw new Error('the route lacks the access "job"');
        const { planId, jobGuid } = caller.job;
        if (params.planId.toLowerCase() !== planId || params.jobId.toLowerCase() !== jobGuid) {
          throw new UserError('not-your-job', 'The token belongs to another job.', { status: 404 });
        }
        const answer = await resolveAll(context, { context, policy, upstream }, ActionDownloadsRequest.parse(body));
        return reply.code('errors' in answer ? 422 : 200).send(answer);
      },
    );

    app.get(
      '/switchyard/action-archives/:owner/:name/:file',
      { config: { access: 'signed' } },
      async (request, reply) => {
        const { owner, name, file } = ArchiveParams.parse(request.params);
        checkRepositoryName(owner, name);
        assertSigned(
          context.keys,
          signedName(owner, name, file),
          'r',
          ArchiveQuery.parse(request.query),
          context.clock.now(),
        );
        const sha = file.slice(0, 40);
        const source = await sourceOf(context, root, owner, name, sha);
        const isZip = file.endsWith('.zip');
        return reply
          .type(isZip ? 'application/zip' : 'application/gzip')
          .send(archiveOf(source, name, isZip ? 'zip' : 'tar.gz'));
      },
    );
  };

/** All or nothing: with one that cannot be had the job fails, and is told of every one. */
async function resolveAll(
  context: ServerContext,
  options: ResolveOptions,
  { actions }: ActionDownloadsRequest,
): Promise<ActionDownloadsResponse | ActionDownloadsRefusal> {
  const answers = await Promise.all(
    (actions ?? []).map(async ({ action, version }): Promise<[string, ActionDownload | { message: string }]> => {
      const reference = `${action}@${version}`;
      try {
        const { sha } = await resolveAction(options, action, version);
        return [reference, download(context, action, version, sha)];
      } catch (error) {
        context.logger.info(`${reference} was refused: ${errorText(error)}`);
        // The official runner shows the messages alone, joined by a full stop.
        return [reference, { message: `${reference}: ${sentence(error)}`.replace(/\.$/, '') }];
      }
    }),
  );
  const errors = answers.flatMap(([reference, answer]) => ('message' in answer ? [[reference, answer] as const] : []));
  const found = answers.flatMap(([reference, answer]) => ('message' in answer ? [] : [[reference, answer] as const]));
  return errors.length > 0 ? { errors: Object.fromEntries(errors) } : { actions: Object.fromEntries(found) };
}

function sentence(error: unknown): string {
  return error instanceof UserError && error.hint ? `${error.message} ${error.hint}` : errorText(error);
}

function download(context: ServerContext, action: string, version: string, sha: string): ActionDownload {
  const [owner = '', name = ''] = action.split('/');
  const url = (file: string): string => {
    const query = signedQuery(context, signedName(owner, name, file), 'r', URL_SECONDS);
    return `${context.settings.publicUrl}/switchyard/action-archives/${owner}/${name}/${file}?${query}`;
  };
  return {
    name: action,
    resolved_name: action,
    resolved_sha: sha,
    version,
    tar_url: url(`${sha}.tar.gz`),
    zip_url: url(`${sha}.zip`),
    // Without a token here the runner would send the job's own. No word: runners mask it in the job's log.
    authentication: { token: 'the-url-itself-lets-in', expires_at: isoTime(context.clock.now() + URL_SECONDS * 1000) },
  };
}

const signedName = (owner: string, name: string, file: string): string =>
  `action-archive/${owner}/${name}/${file}`.toLowerCase();

async function sourceOf(
  context: ServerContext,
  root: string,
  owner: string,
  name: string,
  sha: string,
): Promise<ActionSource> {
  const own = await findRepository(context.db, owner, name);
  const folder = own ? context.git.folder(own) : join(root, `${owner}/${name}.git`.toLowerCase());
  return { folder, sha };
}
