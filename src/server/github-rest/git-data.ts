import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import {
  commitTree,
  findObject,
  type GitObject,
  listTree,
  type ObjectType,
  readObject,
  type TreeEntry,
  writeBlob,
  writeTag,
  writeTree,
} from '../git/objects.ts';
import { gitCommitObject, gitNodeId, repositoryUrl, UNSIGNED } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf, GivenPerson, oneCommit, personOf, READ_CONTENTS, Sha, WRITE_CONTENTS } from './git-requests.ts';
import { repositoryOf } from './requests.ts';

/** As GitHub: larger blobs are fetched with git. */
const MAX_BLOB_BYTES = 100 * 1024 * 1024;
/** GitHub cuts off at 100,000 entries too. */
const MAX_ENTRIES = 100_000;

const ShaParams = z.object({ sha: z.string().max(300) });
const BlobRequest = z.looseObject({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });
const Path = z.string().min(1).max(4_096);
const TreeRequest = z.looseObject({
  base_tree: z.string().max(300).optional(),
  tree: z
    .array(
      z.looseObject({
        path: Path,
        mode: z.enum(['100644', '100755', '040000', '160000', '120000']),
        sha: Sha.nullish(),
        content: z.string().optional(),
      }),
    )
    .min(1)
    .max(10_000),
});
const CommitRequest = z.looseObject({
  message: z.string().max(1024 * 1024),
  tree: Sha,
  parents: z.array(Sha).max(100).default([]),
  author: GivenPerson.optional(),
  committer: GivenPerson.optional(),
});
const TagRequest = z.looseObject({
  tag: z.string().min(1).max(250),
  message: z.string().max(1024 * 1024),
  object: Sha,
  type: z.enum(['commit', 'tree', 'blob']),
  tagger: GivenPerson.optional(),
});

/** https://docs.github.com/rest/git: objects, which nothing refers to before a ref does */
export function gitDataRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo/git';
  blobRoutes(app, context, `${base}/blobs`);
  treeRoutes(app, context, `${base}/trees`);
  commitRoutes(app, context, `${base}/commits`);
  tagRoutes(app, context, `${base}/tags`);
}

function blobRoutes(app: FastifyInstance, context: ServerContext, base: string): void {
  app.post(base, { ...WRITE_CONTENTS, bodyLimit: 2 * MAX_BLOB_BYTES }, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { content, encoding } = BlobRequest.parse(request.body);
    const sha = await writeBlob(context.git.folder(repository), Buffer.from(content, encoding));
    return reply.code(201).send({ sha, url: urlOf(context, repository, 'blob', sha) });
  });
  app.get(`${base}/:sha`, READ_CONTENTS, async (request, reply) => {
    const { repository, object } = await objectOf(context, request, 'blob');
    if (object.sizeBytes > MAX_BLOB_BYTES) throw new UserError('too-large', 'The blob is too large.', { status: 403 });
    const content = await readObject(context.git.folder(repository), object);
    if (/\braw\b/.test(request.headers.accept ?? ''))
      return reply.type('application/vnd.github.raw+json; charset=utf-8').send(content);
    return {
      sha: object.sha,
      node_id: gitNodeId('Blob', repository, object.sha),
      size: object.sizeBytes,
      url: urlOf(context, repository, 'blob', object.sha),
      content: content.toString('base64'),
      encoding: 'base64',
    };
  });
}

function treeRoutes(app: FastifyInstance, context: ServerContext, base: string): void {
  app.post(base, WRITE_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const folder = context.git.folder(repository);
    const { base_tree, tree } = TreeRequest.parse(request.body);
    const changes = [];
    for (const { path, mode, sha, content } of tree) {
      const given = content === undefined ? (sha ?? null) : await writeBlob(folder, Buffer.from(content));
      changes.push({ path, mode, sha: given });
    }
    const sha = await writeTree(folder, base_tree && (await treeOf(context, repository, base_tree)), changes);
    return reply.code(201).send(await treeObject(context, repository, sha, false));
  });
  app.get(`${base}/:sha`, READ_CONTENTS, async (request) => {
    const repository = await repositoryOf(context, request);
    const { sha } = ShaParams.parse(request.params);
    const { recursive } = z.object({ recursive: z.string().optional() }).parse(request.query);
    return treeObject(context, repository, await treeOf(context, repository, sha), recursive !== undefined);
  });
}

/** The tree of that name, or that of a commit, branch or tag. @throws UserError 404 */
async function treeOf(context: ServerContext, repository: RepositoryRow, name: string): Promise<string> {
  const folder = context.git.folder(repository);
  if (Sha.safeParse(name).success && (await findObject(folder, name))?.type === 'tree') return name;
  const tree = await findObject(folder, `${await commitOf(context, repository, name)}^{tree}`);
  if (!tree) throw notFoundOnGitHub();
  return tree.sha;
}

async function treeObject(context: ServerContext, repository: RepositoryRow, sha: string, isRecursive: boolean) {
  const entries = await listTree(context.git.folder(repository), sha, isRecursive);
  const entry = ({ path, mode, type, sha: id, sizeBytes }: TreeEntry) => ({
    ...{ path, mode, type, sha: id },
    ...(sizeBytes === null ? {} : { size: sizeBytes }),
    ...(type === 'commit' ? {} : { url: urlOf(context, repository, type, id) }),
  });
  return {
    sha,
    url: urlOf(context, repository, 'tree', sha),
    tree: entries.slice(0, MAX_ENTRIES).map(entry),
    truncated: entries.length > MAX_ENTRIES,
  };
}

function commitRoutes(app: FastifyInstance, context: ServerContext, base: string): void {
  app.post(base, WRITE_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { author: given, committer: givenCommitter, ...commit } = CommitRequest.parse(request.body);
    await assertObjects(context, repository, { tree: [commit.tree], commit: commit.parents });
    const author = personOf(context, request, given);
    const committer = givenCommitter ? personOf(context, request, givenCommitter) : author;
    const sha = await commitTree(context.git.folder(repository), { ...commit, author, committer });
    return reply.code(201).send(await shown(context, repository, sha));
  });
  app.get(`${base}/:sha`, READ_CONTENTS, async (request) => {
    const { repository, object } = await objectOf(context, request, 'commit');
    return shown(context, repository, object.sha);
  });
}

/** @throws UserError 422 */
async function assertObjects(
  context: ServerContext,
  repository: RepositoryRow,
  objects: { [type in ObjectType]?: string[] },
): Promise<void> {
  for (const [type, shas] of Object.entries(objects)) {
    for (const sha of shas) {
      const found = await findObject(context.git.folder(repository), sha);
      if (found?.type !== type) throw new UserError('no-such-object', `There is no ${type} ${sha}.`);
    }
  }
}

async function shown(context: ServerContext, repository: RepositoryRow, sha: string) {
  return gitCommitObject(context.settings.publicUrl, repository, await oneCommit(context, repository, sha));
}

function tagRoutes(app: FastifyInstance, context: ServerContext, base: string): void {
  app.post(base, WRITE_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { tagger, ...tag } = TagRequest.parse(request.body);
    await assertObjects(context, repository, { [tag.type]: [tag.object] });
    const folder = context.git.folder(repository);
    const sha = await writeTag(folder, { ...tag, tagger: personOf(context, request, tagger) });
    return reply.code(201).send(await tagObject(context, repository, await existing(folder, sha)));
  });
  app.get(`${base}/:sha`, READ_CONTENTS, async (request) => {
    const { repository, object } = await objectOf(context, request, 'tag');
    return tagObject(context, repository, object);
  });
}

async function tagObject(context: ServerContext, repository: RepositoryRow, tag: GitObject) {
  const text = (await readObject(context.git.folder(repository), tag)).toString('utf8');
  const end = text.indexOf('\n\n');
  const header = new Map(
    text
      .slice(0, end)
      .split('\n')
      .map((line) => splitAt(line, line.indexOf(' '))),
  );
  const [, name = '', email = '', seconds = 0] = /^(.*) <(.*)> (\d+) /.exec(header.get('tagger') ?? '') ?? [];
  const [sha, type] = [header.get('object') ?? '', header.get('type') as ObjectType];
  const date = new Date(Number(seconds) * 1000).toISOString();
  return {
    node_id: gitNodeId('Tag', repository, tag.sha),
    tag: header.get('tag') ?? '',
    sha: tag.sha,
    url: urlOf(context, repository, 'tag', tag.sha),
    message: text.slice(end + 2).trimEnd(),
    tagger: { name, email, date },
    object: { sha, type, url: urlOf(context, repository, type, sha) },
    verification: UNSIGNED,
  };
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1)];

async function existing(folder: string, sha: string): Promise<GitObject> {
  const object = await findObject(folder, sha);
  if (!object) throw notFoundOnGitHub();
  return object;
}

/** The object in the path. @throws UserError 404 when there is none of this type */
async function objectOf(context: ServerContext, request: FastifyRequest, type: ObjectType) {
  const repository = await repositoryOf(context, request);
  const { success, data: sha } = Sha.safeParse(ShaParams.parse(request.params).sha);
  const object = success ? await findObject(context.git.folder(repository), sha) : undefined;
  if (object?.type !== type) throw notFoundOnGitHub();
  return { repository, object };
}

const urlOf = (context: ServerContext, repository: RepositoryRow, type: string, sha: string): string =>
  `${repositoryUrl(context.settings.publicUrl, repository)}/git/${type}s/${sha}`;
