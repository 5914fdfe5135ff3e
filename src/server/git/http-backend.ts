import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { OutsideError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { ended, killGit, spawnGit } from './child.ts';

/** One smart-HTTP request, handed to the real `git http-backend` as CGI (RFC 3875). */
export interface BackendRequest {
  folder: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  path: string;
  method: 'GET' | 'POST';
  /** Without `?`. */
  query: string;
  headers: IncomingHttpHeaders;
  body: Readable;
  /** Name that reflogs carry. */
  user: string;
  env?: Record<string, string>;
  config: Record<string, string>;
}

export interface BackendAnswer {
  status: number;
  headers: Record<string, string>;
  body: Readable;
  /** Resolves when git and everything it started have ended, however that came. */
  ended: Promise<void>;
  kill(): void;
}

const MAX_HEAD_BYTES = 16 * 1024;
const MAX_STDERR_BYTES = 8 * 1024;

/** @throws OutsideError when git gives no answer */
export async function callHttpBackend(request: BackendRequest, logger: Logger): Promise<BackendAnswer> {
  const child = spawnGit(['http-backend'], { env: cgiEnvironment(request), config: request.config });
  const end = ended(child);
  // Whoever waits for the end is told; nobody may.
  end.catch(() => {});
  feed(child, request.body);
  logErrors(child, logger);
  try {
    const head = await Promise.race([readHead(child.stdout), end.then(() => undefined)]);
    if (head === undefined) throw new OutsideError('git http-backend gave no answer.', { retryable: true });
    return { ...parseHead(head), body: child.stdout, ended: end.then(() => {}), kill: () => killGit(child) };
  } catch (error) {
    killGit(child);
    throw error;
  }
}

function cgiEnvironment({ folder, path, method, query, headers, user, env }: BackendRequest): Record<string, string> {
  return {
    GATEWAY_INTERFACE: 'CGI/1.1',
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    REQUEST_METHOD: method,
    QUERY_STRING: query,
    CONTENT_TYPE: headers['content-type'] ?? '',
    CONTENT_LENGTH: headers['content-length'] ?? '',
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    REMOTE_USER: user,
    REMOTE_ADDR: 'localhost',
    ...env,
  };
}

function feed(child: ChildProcessWithoutNullStreams, body: Readable): void {
  // Git may answer without reading all, as it does for a pack that is too large: the rest is read and dropped, for a
  // client that is cut off while it sends never sees the answer.
  child.stdin.on('error', () => {
    body.unpipe(child.stdin);
    body.resume();
  });
  body.once('error', () => killGit(child));
  body.pipe(child.stdin);
}

function logErrors(child: ChildProcessWithoutNullStreams, logger: Logger): void {
  let text = '';
  child.stderr.on('data', (piece: Buffer) => {
    if (text.length < MAX_STDERR_BYTES) text += piece.toString('utf8');
  });
  child.once('close', () => {
    if (text.trim()) logger.warn({ stderr: text.trim() }, 'git http-backend complained');
  });
}

/** The CGI header, without the blank line; the body stays in the stream. */
async function readHead(stdout: Readable): Promise<string | undefined> {
  let head: Buffer = Buffer.alloc(0);
  for await (const piece of stdout.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, piece]);
    const endOfHead = head.indexOf('\r\n\r\n');
    if (endOfHead >= 0) {
      stdout.unshift(head.subarray(endOfHead + 4));
      return head.toString('latin1', 0, endOfHead);
    }
    if (head.length > MAX_HEAD_BYTES) break;
  }
  return undefined;
}

function parseHead(head: string): { status: number; headers: Record<string, string> } {
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10) || 500;
    else if (name) headers[name.toLowerCase()] = value;
  }
  return { status, headers };
}
