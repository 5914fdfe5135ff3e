/** What requests carry: path, query, body, checked where they come in. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Content } from '../resources/kind.ts';
import { badRequest } from './status.ts';

/** A path without a namespace is of something that is in none. */
export const ItemParams = z.object({ namespace: z.string().default(''), name: z.string() });
export const CollectionParams = z.object({ namespace: z.string().default('') });
export const ListParams = z.object({ namespace: z.string().optional() });

export const flag = z.enum(['', '0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');

const WriteQuery = z.looseObject({
  fieldValidation: z.enum(['', 'Ignore', 'Warn', 'Strict']).optional(),
  fieldManager: z.string().max(128).optional(),
  /** Of an apply: takes fields over that others own. */
  force: flag.optional(),
  propagationPolicy: z.string().optional(),
  /** Everything is checked and answered, nothing stored. */
  dryRun: z.enum(['', 'All']).optional(),
});
export type WriteQuery = z.infer<typeof WriteQuery>;

export function writeQuery(request: FastifyRequest): WriteQuery {
  const query = WriteQuery.safeParse(request.query);
  if (!query.success) throw badRequest(`Bad query: ${z.prettifyError(query.error)}`);
  return query.data;
}

export const isDryRun = (request: FastifyRequest): boolean => writeQuery(request).dryRun === 'All';

export function bodyOf(request: FastifyRequest): Content {
  const { body } = request;
  if (isFields(body)) return body;
  throw badRequest('The body must be an object.');
}

export const isFields = (value: unknown): value is Content =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const contentType = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';

/** RFC 7234 `Warning` headers, which kubectl prints. Header values must be plain ASCII. */
export function warn(reply: FastifyReply, warnings: string[]): void {
  const lines = warnings.map((text) => {
    const safe = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&');
    return `299 - "${safe}"`;
  });
  if (lines.length > 0) void reply.header('warning', lines);
}
