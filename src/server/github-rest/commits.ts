import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RepositoryRow } from '../../store/repositories.ts';
import type { ServerContext } from '../context.ts';
import { countCommits } from '../git/commit-list.ts';
import { comparedFiles, filesOfCommit } from '../git/comparison.ts';
import { mergeBase } from '../git/merges.ts';
import { listRefs } from '../git/refs.ts';
import { changedFileObject, commitObject, gitNodeId, repositoryUrl } from './commit-object.ts';
import { notFoundOnGitHub } from './errors.ts';
import { commitOf, commitsOf, oneCommit, READ_CONTENTS, restOfPath } from './git-requests.ts';
import { linkPages, onPage, pageOf, repositoryOf } from './requests.ts';

/** As on GitHub. */
const MAX_FILES = 300;

const Text = z.string().max(1_000).optional();
const CommitsQuery = z.object({ sha: Text, path: Text, author: Text, since: Text, until: Text });
const BRANCH_PROTECTION = {
  enabled: false,
  required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
};

/** https://docs.github.com/rest/commits and https://docs.github.com/rest/branches */
export function commitRoutes(app: FastifyInstance, context: ServerContext): void {
  const base = '/repos/:owner/:repo';
  app.get(`${base}/commits`, READ_CONTENTS, (request, reply) => list(context, request, reply));
  app.get(`${base}/commits/:ref`, READ_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const { ref } = z.object({ ref: z.string() }).parse(request.params);
    const sha = await commitOf(context, repository, ref);
    if (/\bsha\b/.test(request.headers.accept ?? '')) return reply.type('application/vnd.github.sha').send(sha);
    return wholeCommit(context, repository, sha);
  });
  app.get(`${base}/compare/*`, READ_CONTENTS, (request, reply) => compare(context, request, reply));
  branchRoutes(app, context, base);
}

async function list(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const repository = await repositoryOf(context, request);
  const { sha, ...query } = CommitsQuery.parse(request.query);
  const start = await commitOf(context, repository, sha ?? repository.default_branch);
  const page = pageOf(request);
  // One more tells whether there is a next page, without counting them all.
  const commits = await commitsOf(context, repository, {
    revisions: [start],
    ...query,
    ...page,
    limit: page.limit + 1,
  });
  linkPages(context, request, reply, page, page.offset + commits.length);
  return commits.slice(0, page.limit).map((commit) => commitObject(context.settings.publicUrl, repository, commit));
}

async function wholeCommit(context: ServerContext, repository: RepositoryRow, sha: string) {
  const { publicUrl } = context.settings;
  const commit = await oneCommit(context, repository, sha);
  const files = await filesOfCommit(context.git.folder(repository), sha, commit.parents[0]);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return {
    ...commitObject(publicUrl, repository, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: files.slice(0, MAX_FILES).map((file) => changedFileObject(publicUrl, repository, sha, file)),
  };
}

async function compare(context: ServerContext, request: FastifyRequest, reply: FastifyReply) {
  const repository = await repositoryOf(context, request);
  const folder = context.git.folder(repository);
  const { publicUrl } = context.settings;
  const names = restOfPath(request);
  const [baseName = '', headName = ''] = names.split('...').map((name) => name.replace(/^[^/:]+:/, ''));
  const [base, head] = [await commitOf(context, repository, baseName), await commitOf(context, repository, headName)];
  const common = await mergeBase(folder, base, head);
  if (common === undefined) throw notFoundOnGitHub();
  const page = pageOf(request);
  const [ahead, behind, commits, files, baseCommit, commonCommit] = await Promise.all([
    countCommits(folder, [head, `^${base}`]),
    countCommits(folder, [base, `^${head}`]),
    commitsOf(context, repository, { revisions: [head, `^${base}`], ...page }),
    comparedFiles(folder, base, head),
    oneCommit(context, repository, base),
    oneCommit(context, repository, common),
  ]);
  linkPages(context, request, reply, page, ahead);
  const htmlUrl = `${publicUrl}/${repository.owner}/${repository.name}/compare`;
  return {
    url: `${repositoryUrl(publicUrl, repository)}/compare/${encodeURI(names)}`,
    html_url: `${htmlUrl}/${encodeURI(names)}`,
    permalink_url: `${htmlUrl}/${base}...${head}`,
    diff_url: `${htmlUrl}/${encodeURI(names)}.diff`,
    patch_url: `${htmlUrl}/${encodeURI(names)}.patch`,
    base_commit: commitObject(publicUrl, repository, baseCommit),
    merge_base_commit: commitObject(publicUrl, repository, commonCommit),
    status: ahead === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged',
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.reverse().map((commit) => commitObject(publicUrl, repository, commit)),
    files: files.slice(0, MAX_FILES).map((file) => changedFileObject(publicUrl, repository, head, file)),
  };
}

function branchRoutes(app: FastifyInstance, context: ServerContext, base: string): void {
  app.get(`${base}/branches`, READ_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const refs = await listRefs(context.git.folder(repository), 'refs/heads/');
    const url = repositoryUrl(context.settings.publicUrl, repository);
    return onPage(context, request, reply, refs).map(({ ref, sha }) => ({
      name: ref.replace('refs/heads/', ''),
      commit: { sha, url: `${url}/commits/${sha}` },
      protected: false,
    }));
  });
  app.get(`${base}/branches/*`, READ_CONTENTS, async (request) => {
    const repository = await repositoryOf(context, request);
    const name = restOfPath(request);
    const { publicUrl } = context.settings;
    const commit = await oneCommit(context, repository, await commitOf(context, repository, `refs/heads/${name}`));
    const self = `${repositoryUrl(publicUrl, repository)}/branches/${encodeURI(name)}`;
    return {
      name,
      commit: commitObject(publicUrl, repository, commit),
      _links: { self, html: `${publicUrl}/${repository.owner}/${repository.name}/tree/${encodeURI(name)}` },
      protected: false,
      protection: BRANCH_PROTECTION,
      protection_url: `${self}/protection`,
    };
  });
  app.get(`${base}/tags`, READ_CONTENTS, async (request, reply) => {
    const repository = await repositoryOf(context, request);
    const refs = await listRefs(context.git.folder(repository), 'refs/tags/');
    const url = repositoryUrl(context.settings.publicUrl, repository);
    return onPage(context, request, reply, refs.reverse()).map(({ ref, commit }) => {
      const name = ref.replace('refs/tags/', '');
      return {
        name,
        zipball_url: `${url}/zipball/${encodeURI(ref)}`,
        tarball_url: `${url}/tarball/${encodeURI(ref)}`,
        commit: { sha: commit, url: `${url}/commits/${commit}` },
        node_id: gitNodeId('Ref', repository, ref),
      };
    });
  });
}
