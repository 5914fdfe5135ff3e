import { basename } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { ZERO_SHA } from '../git/history.ts';
import { commitTree, findObject, type GitObject, listTree, readObject, writeBlob, writeTree } from '../git/objects.ts';
import { gitCommitObject, repositoryUrl } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import {
  commitOf,
  GivenPerson,
  oneCommit,
  personOf,
  push,
  READ_CONTENTS,
  restOfPath,
  Sha,
  WRITE_CONTENTS,
} from './git-requests.ts';
import { repositoryOf } from './requests.ts';

/** Above the first GitHub leaves the content out, above the second it is fetched with git. */
const MAX_INLINE_BYTES = 1024 * 1024;
const MAX_RAW_BYTES = 100 * 1024 * 1024;

const RefQuery = z.object({ ref: z.string().max(1_000).optional() });
const Common = {
  message: z.string().min(1).max(65_536),
  branch: z.string().max(1_000).optional(),
  committer: GivenPerson.optional(),
  author: GivenPerson.optional(),
};
const PutRequest = z.looseObject({ ...Common, content: z.base64(), sha: Sha.optional() });
const DeleteRequest = z.looseObject({ ...Common, sha: Sha });

/** https://docs.github.com/rest/repos/contents. A change is a commit, and a push with all that follows from one. */
export function contentRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/contents`, READ_CONTENTS, (request, reply) => show(context, request, reply, ''));
  app.get(`${base}/contents/*`, READ_CONTENTS, (request, reply) => show(context, request, reply, pathIn(request)));
  app.get(`${base}/readme`, READ_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const entries = await listTree(
      context.git.folder(repository),
      await shownCommit(context, repository, request),
      false,
    );
    const readme = entries.find(
      ({ type, path }) => type === 'blob' && /^readme(\.(md|markdown|txt|rst))?$/i.test(path),
    );
    if (!readme) throw notFoundOnGitHub();
    return show(context, request, reply, readme.path);
  });
  const limit = { ...WRITE_CONTENTS, bodyLimit: 2 * MAX_RAW_BYTES };
  app.put(`${base}/contents/*`, limit, (request, reply) => put(context, request, reply));
  app.delete(`${base}/contents/*`, WRITE_CONTENTS, (request) => remove(context, request));
}

/** @throws UserError 422 */
function pathIn(request: FastifyRequest): string {
  const path = restOfPath(request).replace(/\/+$/, '');
  const isPath = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git');
  if (path === '' || (isPath && !/[\0\n]/.test(path))) return path;
  throw new UserError('bad-path', 'The path is no path of a file.');
}

function shownCommit(context: ServerContext, repository: RepositoryRow, request: FastifyRequest): Promise<string> {
  return commitOf(context, repository, RefQuery.parse(request.query).ref ?? repository.default_branch);
}

async function show(context: ServerContext, request: FastifyRequest, reply: FastifyReply, path: string) {
  const repository = await repositoryOf(context, request);
  const folder = context.git.folder(repository);
  const commit = await shownCommit(context, repository, request);
  const ref = RefQuery.parse(request.query).ref ?? repository.default_branch;
  const object = await findObject(folder, path === '' ? `${commit}^{tree}` : `${commit}:${path}`);
  if (object?.type === 'tree') {
    const entries = await listTree(folder, object.sha, false);
    const prefix = path === '' ? '' : `${path}/`;
    return entries.map(({ type, mode, sha, sizeBytes, path: name }) => {
      const kind = type === 'tree' ? 'dir' : type === 'commit' ? 'submodule' : mode === '120000' ? 'symlink' : 'file';
      return { ...entryObject(context, repository, ref, prefix + name, sha, kind), type: kind, size: sizeBytes ?? 0 };
    });
  }
  if (object?.type !== 'blob') throw notFoundOnGitHub();
  return showFile(context, request, reply, repository, { path, ref, object });
}

interface ShownFile {
  path: string;
  ref: string;
  object: GitObject;
}

async function showFile(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  repository: RepositoryRow,
  { path, ref, object }: ShownFile,
) {
  const folder = context.git.folder(repository);
  if (object.sizeBytes > MAX_RAW_BYTES) throw new UserError('too-large', 'The file is too large.', { status: 403 });
  if (/\braw\b/.test(request.headers.accept ?? '')) {
    return reply.type('application/vnd.github.raw+json; charset=utf-8').send(await readObject(folder, object));
  }
  const isInline = object.sizeBytes <= MAX_INLINE_BYTES;
  const content = isInline ? (await readObject(folder, object)).toString('base64') : '';
  return {
    type: 'file',
    encoding: isInline ? 'base64' : 'none',
    size: object.sizeBytes,
    content: content.replace(/.{60}/g, '$&\n'),
    ...entryObject(context, repository, ref, path, object.sha, 'file'),
  };
}

function entryObject(
  { settings }: ServerContext,
  repository: RepositoryRow,
  ref: string,
  path: string,
  sha: string,
  kind: string,
) {
  const url = repositoryUrl(settings.publicUrl, repository);
  const page = `${settings.publicUrl}/${repository.owner}/${repository.name}`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const self = `${url}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const git = kind === 'submodule' ? null : `${url}/git/${kind === 'dir' ? 'trees' : 'blobs'}/${sha}`;
  const html = `${page}/${kind === 'dir' ? 'tree' : 'blob'}/${ref}/${encoded}`;
  return {
    name: basename(path),
    path,
    sha,
    url: self,
    git_url: git,
    html_url: html,
    download_url: kind === 'dir' ? null : `${url}/contents/${encoded}?ref=${encodeURIComponent(ref)}`,
    _links: { self, git, html },
  };
}

async function put(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const repository = await repositoryOf(context, request);
  const folder = context.git.folder(repository);
  const { content, sha: known, ...change } = PutRequest.parse(request.body);
  const path = pathIn(request);
  const tip = await tipOf(context, repository, change.branch);
  const before = tip.sha === undefined ? undefined : await findObject(folder, `${tip.sha}:${path}`);
  assertKnown(before, known);
  const data = Buffer.from(content, 'base64');
  const blob = await writeBlob(folder, data);
  const commit = await commitChange(context, request, repository, tip, change, { path, mode: '100644', sha: blob });
  const object = { sha: blob, type: 'blob' as const, sizeBytes: data.length };
  const file = entryObject(context, repository, tip.branch, path, object.sha, 'file');
  return reply.code(before ? 200 : 201).send({ content: { type: 'file', size: data.length, ...file }, commit });
}

async function remove(context: ServerContext, request: FastifyRequest) {
  const repository = await repositoryOf(context, request);
  const { sha: known, ...change } = DeleteRequest.parse(request.body ?? request.query);
  const path = pathIn(request);
  const tip = await tipOf(context, repository, change.branch);
  const before =
    tip.sha === undefined ? undefined : await findObject(context.git.folder(repository), `${tip.sha}:${path}`);
  if (before?.type !== 'blob') throw notFoundOnGitHub();
  assertKnown(before, known);
  const commit = await commitChange(context, request, repository, tip, change, { path, mode: '100644', sha: null });
  return { content: null, commit };
}

/** @throws UserError: nobody overwrites what they have not seen */
function assertKnown(before: GitObject | undefined, known: string | undefined): void {
  if (before === undefined || before.sha === known) return;
  if (before.type !== 'blob') throw new UserError('bad-path', 'The path is a folder.');
  if (known === undefined) throw new UserError('no-sha', '"sha" wasn\'t supplied.');
  throw new UserError('other-sha', `The file does not match ${known}.`, { status: 409 });
}

interface Tip {
  branch: string;
  /** Undefined in a repository without a commit. */
  sha: string | undefined;
}

/** @throws UserError 404 for an unknown branch, but for the default one before the first commit */
async function tipOf(context: ServerContext, repository: RepositoryRow, given: string | undefined): Promise<Tip> {
  const branch = given?.replace(/^refs\/heads\//, '') ?? repository.default_branch;
  const sha = await context.git.resolve(repository, `refs/heads/${branch}`);
  if (sha === undefined && branch !== repository.default_branch) {
    throw new UserError('not-found', `Branch ${branch} not found`, { status: 404 });
  }
  return { branch, sha };
}

async function commitChange(
  context: ServerContext,
  request: FastifyRequest,
  repository: RepositoryRow,
  { branch, sha: before }: Tip,
  given: Pick<z.infer<typeof PutRequest>, 'message' | 'author' | 'committer'>,
  change: Parameters<typeof writeTree>[2][number],
) {
  const folder = context.git.folder(repository);
  const committer = personOf(context, request, given.committer);
  const author = given.author ? personOf(context, request, given.author) : committer;
  const tree = await writeTree(folder, before && `${before}^{tree}`, [change]);
  const parents = before === undefined ? [] : [before];
  const sha = await commitTree(folder, { tree, parents, message: given.message, author, committer });
  await push(context, request, repository, { ref: `refs/heads/${branch}`, before: before ?? ZERO_SHA, after: sha });
  return gitCommitObject(context.settings.publicUrl, repository, await oneCommit(context, repository, sha));
}
