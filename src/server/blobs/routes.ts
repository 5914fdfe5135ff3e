import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import type { ServerContext } from '../context.ts';
import { failureOf } from '../failures.ts';
import { commitBlocks, stageBlock } from './blocks.ts';
import { limited } from './limited.ts';
import { readRange } from './range.ts';
import { assertSigned, type BlobAccess, type SignedQuery } from './signed-url.ts';

type BlobRequest = FastifyRequest<{
  Params: { '*': string };
  Querystring: SignedQuery & { comp?: string; blockid?: string };
}>;

/** Of one request; artifacts and caches come in blocks. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;
const API_VERSION = '2023-11-03';

/**
 * `/blobs/<container>/<name>` in the words of Azure Blob Storage, as far as runners and the toolkit use them
 * (runner-protocol 8.3, 8.4, 9.3). Register it without a prefix.
 */
export function blobRoutes(context: ServerContext): FastifyPluginAsync {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    answerAsAzure(app, context);
    const config = { access: 'signed' } as const;
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'x-ms-request-id': newGuid(), 'x-ms-version': API_VERSION });
    });
    app.put('/blobs/*', { config }, (request: BlobRequest, reply) => put(context, request, reply));
    for (const method of ['GET', 'HEAD']) {
      app.route({
        method,
        url: '/blobs/*',
        config,
        exposeHeadRoute: false,
        handler: (request: BlobRequest, reply) => get(context, request, reply),
      });
    }
  };
}

function nameOf(context: ServerContext, request: BlobRequest, access: BlobAccess): string {
  const name = request.params['*'];
  assertSigned(context.keys, name, access, request.query, context.clock.now());
  return name;
}

async function put(context: ServerContext, request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
  const name = nameOf(context, request, 'w');
  const body = limited(request.raw, MAX_BODY_BYTES);
  switch (request.query.comp) {
    case undefined:
      // `If-None-Match: *` is not honoured: the repetition after a lost answer must succeed (runner-protocol 8.4).
      await context.blobs.write(name, body);
      return written(context, reply, name, 201);
    case 'appendblock':
      return append(context, request, reply, name, body);
    case 'seal':
      return written(context, reply, name, 200);
    case 'block':
      await stageBlock(context.blobs, name, request.query.blockid, body);
      return written(context, reply, name, 201);
    case 'blocklist':
      await commitBlocks(context.blobs, name, body);
      return written(context, reply, name, 201);
    default:
      throw new UserError('unknown-comp', `comp=${request.query.comp} is not known here.`, { status: 400 });
  }
}

async function append(
  context: ServerContext,
  request: BlobRequest,
  reply: FastifyReply,
  name: string,
  body: AsyncIterable<Uint8Array>,
): Promise<FastifyReply> {
  const wanted = request.headers['x-ms-blob-condition-appendpos'];
  const offset =
    wanted === undefined
      ? await context.blobs.append(name, body)
      : await appendAt(context, name, body, Number(wanted), Number(request.headers['content-length']));
  reply.headers({ 'x-ms-blob-append-offset': String(offset), 'x-ms-blob-committed-block-count': '1' });
  return written(context, reply, name, 201);
}

/** An append that says where it belongs is taken once, however often it is sent. */
async function appendAt(
  context: ServerContext,
  name: string,
  body: AsyncIterable<Uint8Array>,
  position: number,
  length: number,
): Promise<number> {
  const size = (await context.blobs.size(name)) ?? 0;
  if (size === position) return context.blobs.append(name, body);
  for await (const _piece of body);
  if (size === position + length) return position;
  throw new UserError('AppendPositionConditionNotMet', `The blob has ${size} bytes.`, { status: 412 });
}

/** Of a blob that exists by now, its ETag is the one that readers see. */
async function written(
  context: ServerContext,
  reply: FastifyReply,
  name: string,
  status: 200 | 201,
): Promise<FastifyReply> {
  const facts = await context.blobs.facts(name);
  const modified = new Date(facts?.modifiedMs ?? context.clock.now()).toUTCString();
  return reply
    .code(status)
    .headers({
      ...(facts && { etag: `"${facts.etag}"` }),
      'last-modified': modified,
      'x-ms-request-server-encrypted': 'false',
    })
    .send();
}

async function get(context: ServerContext, request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
  const name = nameOf(context, request, 'r');
  const facts = await context.blobs.facts(name);
  if (!facts) throw notThere();
  const { sizeBytes: size } = facts;
  const etag = `"${facts.etag}"`;
  reply.headers({ etag, 'last-modified': new Date(facts.modifiedMs).toUTCString() });
  if (isUnchanged(request, etag)) return reply.code(304).send();
  const { rsct, rscd } = request.query;
  const range = readRange(request.headers['x-ms-range'] ?? request.headers.range, size);
  const length = range ? range.end - range.start + 1 : size;
  reply.code(range ? 206 : 200).headers({
    'accept-ranges': 'bytes',
    'content-length': String(length),
    'content-type': rsct ?? contentType(name),
    ...(rscd && { 'content-disposition': rscd }),
    // Whatever a job stored is never run as a page of ours.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'x-ms-blob-type': 'BlockBlob',
  });
  if (range) reply.header('content-range', `bytes ${range.start}-${range.end}/${size}`);
  if (request.method === 'HEAD' || length === 0) return reply.send('');
  const blob = await context.blobs.read(name, range ?? { start: 0, end: size - 1 });
  if (!blob) throw notThere();
  return reply.send(blob.stream);
}

const notThere = (): UserError => new UserError('BlobNotFound', 'The blob does not exist.', { status: 404 });

/**
 * Whoever reads a blob in ranges says by its ETag which content they began with.
 * @throws UserError 412 when that is gone
 */
function isUnchanged({ headers }: BlobRequest, etag: string): boolean {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && !namesTag(wanted, etag)) {
    throw new UserError('ConditionNotMet', 'The blob has changed since.', { status: 412 });
  }
  return namesTag(headers['if-none-match'] ?? '', etag);
}

const namesTag = (header: string, etag: string): boolean => header.split(',').some((tag) => tag.trim() === etag);

function contentType(name: string): string {
  if (name.endsWith('.zip')) return 'application/zip';
  return /\.(?:txt|md)$/.test(name) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** Azure's error code in its header, which is what its SDKs read. */
function answerAsAzure(app: FastifyInstance, context: ServerContext): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = failureOf(error, request, context.logger);
    const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
    return reply.code(status).header('x-ms-error-code', code).type('application/xml').send(body);
  });
}

const escapeXml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
