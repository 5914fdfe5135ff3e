import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type EnvironmentRow, findEnvironment } from '../../store/environments.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { needs } from '../auth/access.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';

/** Routes about workflows, runs and jobs; other chapters name their own needs. */
export const READ = needs('read', 'actions: read');
export const WRITE = needs('write', 'actions: write');

const RepositoryParams = z.object({ owner: z.string(), repo: z.string() });
const IdParams = z.object({ id: z.coerce.number().int().positive() });
const PageQuery = z.object({
  per_page: z.coerce.number().int().min(1).default(30).catch(30),
  page: z.coerce.number().int().min(1).default(1).catch(1),
});
const MAX_PER_PAGE = 100;

/**
 * The repository in the path; whether the caller may see it was decided before (auth/access).
 * @throws UserError 404
 */
export async function repositoryOf(context: ServerContext, request: FastifyRequest): Promise<RepositoryRow> {
  const { owner, repo } = RepositoryParams.parse(request.params);
  const repository = await context.git.find(owner, repo);
  if (!repository) throw notFoundOnGitHub();
  return repository;
}

const EnvironmentParams = z.object({ environment: z.string() });

/**
 * The environment in the path.
 * @throws UserError 404
 */
export async function environmentOf(
  context: ServerContext,
  request: FastifyRequest,
): Promise<{ repository: RepositoryRow; environment: EnvironmentRow }> {
  const repository = await repositoryOf(context, request);
  const { environment: name } = EnvironmentParams.parse(request.params);
  const environment = await findEnvironment(context.db, repository.id, name);
  if (!environment) throw notFoundOnGitHub();
  return { repository, environment };
}

/** @throws UserError 404 for what is no number */
export function idOf(request: FastifyRequest): number {
  const { data } = IdParams.safeParse(request.params);
  if (!data) throw notFoundOnGitHub();
  return data.id;
}

export interface Page {
  limit: number;
  offset: number;
  number: number;
}

/** GitHub's `per_page` and `page`: nonsense counts as not given. */
export function pageOf(request: FastifyRequest): Page {
  const { per_page, page } = PageQuery.parse(request.query);
  const limit = Math.min(per_page, MAX_PER_PAGE);
  return { limit, offset: (page - 1) * limit, number: page };
}

/** Of all rows those on the page that was asked for, with links to the other pages. */
export function onPage<T>(context: ServerContext, request: FastifyRequest, reply: FastifyReply, rows: T[]): T[] {
  const page = pageOf(request);
  linkPages(context, request, reply, page, rows.length);
  return rows.slice(page.offset, page.offset + page.limit);
}

/** The `Link` header by which clients find the other pages. */
export function linkPages(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { limit, number }: Page,
  total: number,
): void {
  const last = Math.max(1, Math.ceil(total / limit));
  const link = (page: number, rel: string): string => {
    const url = new URL(request.url, context.settings.publicUrl);
    url.searchParams.set('page', String(page));
    return `<${url}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (number > 1) links.push(link(1, 'first'), link(number - 1, 'prev'));
  if (number < last) links.push(link(number + 1, 'next'), link(last, 'last'));
  if (links.length > 0) reply.header('link', links.join(', '));
}

/** As GitHub does: `gh` and others name a content type also where they send nothing, as to cancel a run. */
export function acceptEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, String(body), done);
  });
}
