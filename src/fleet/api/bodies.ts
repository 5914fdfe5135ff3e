/** How the bodies of requests are read: JSON, YAML, and what Go clients send of Kubernetes' own kinds. */
import type { FastifyInstance } from 'fastify';
import { Lexer, parse } from 'yaml';
import { errorText, UserError } from '../../common/errors.ts';
import { YamlGuard } from '../../common/yaml-guard.ts';
import { PROTOBUF_TYPE, readProtobuf } from './protobuf/bodies.ts';
import { badRequest } from './status.ts';

/** Far above what any resource has, and far below what would exhaust the stack of those who walk through it. */
const MAX_DEPTH = 64;
const MAX_ALIASES = 100;

export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      done(null, readBody(request.headers['content-type'] ?? '', body));
    } catch (error) {
      done(error instanceof UserError ? error : badRequest(`The body cannot be read: ${errorText(error)}`));
    }
  });
}

function readBody(type: string, bytes: Buffer): unknown {
  if (type === PROTOBUF_TYPE) return readProtobuf(bytes);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return undefined;
  const value = readText(type, text);
  if (depthExceeds(value, MAX_DEPTH)) throw tooDeep();
  return value;
}

function readText(type: string, text: string): unknown {
  // Without a type it is JSON, as for Kubernetes: old kubectl names none.
  if (type === '' || /^application\/(?:[\w.-]+\+)?json\b/.test(type)) return JSON.parse(text);
  if (/^application\/(?:[\w.-]+\+)?yaml\b/.test(type)) return readYaml(text);
  throw new UserError('unsupported-media-type', `Bodies of type "${type}" are not supported.`, {
    status: 415,
    hint: 'Send application/json or application/yaml.',
  });
}

function readYaml(text: string): unknown {
  const guard = new YamlGuard();
  for (const lexeme of new Lexer().lex(text)) {
    guard.add(lexeme);
    if (guard.isTooDeep) throw tooDeep();
  }
  return parse(text, { maxAliasCount: MAX_ALIASES, uniqueKeys: true });
}

const tooDeep = (): UserError => badRequest(`The body is nested more than ${MAX_DEPTH} levels deep.`);

/** Level by level: it must not recurse itself. */
function depthExceeds(value: unknown, max: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max) return true;
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
  }
  return false;
}
