/** The queries that `gh` sends, in its words, and what is answered to those that nobody should send. */
import { expect, test } from 'vitest';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { nextJob } from '../support/services.ts';
import { call } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { type?: string; message: string; path?: string[]; locations?: object[] }[];
}

const send = (server: TestServer, query: unknown, variables: object = {}, token = server.token) =>
  call<Answer>('POST', `${server.url}/api/graphql`, { token, json: { query, variables } });

async function ask(server: TestServer, query: string, variables = {}, token = server.token): Promise<Answer> {
  const { status, body } = await send(server, query, variables, token);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const firstError = async (...args: Parameters<typeof ask>) => (await ask(...args)).errors?.[0];

/** Somebody with this access at `me/app`, and no other. */
async function person(server: TestServer, access: string): Promise<string> {
  await server.rest('POST', '/switchyard/v1/users', { login: 'ann' });
  await server.rest('PUT', '/switchyard/v1/users/ann/grants', { place: 'me/app', access });
  const request = { user: 'ann', scope: 'admin' };
  return (await server.rest<{ token: string }>('POST', '/switchyard/v1/tokens', request)).token;
}

const INFO = `fragment repo on Repository { id name owner { login } viewerPermission defaultBranchRef { name } }
query RepositoryInfo($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    ...repo parent { ...repo } mergeCommitAllowed rebaseMergeAllowed squashMergeAllowed hasIssuesEnabled
  }
}`;

test('gh learns who it is, and which fields there are', async () => {
  const server = await start();
  expect(await ask(server, 'query UserCurrent{viewer{login}}')).toEqual({ data: { viewer: { login: 'admin' } } });
  const { data } = await ask(
    server,
    'query Repository_fields{Repository: __type(name: "Repository"){fields(includeDeprecated: true){name}}}',
  );
  const { fields } = data?.Repository as { fields: { name: string }[] };
  expect(fields.map(({ name }) => name)).toContain('visibility');
});

test('gh looks at a repository, empty or not, with what the caller may do', async () => {
  const server = await start();
  await server.push({ 'a.txt': '' });
  await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'empty' });
  expect(await ask(server, INFO, { owner: 'ME', name: 'App' })).toEqual({
    data: {
      repository: {
        ...{ id: expect.any(String), name: 'app', owner: { login: 'me' }, parent: null },
        ...{ viewerPermission: 'ADMIN', defaultBranchRef: { name: 'main' } },
        ...{ mergeCommitAllowed: true, rebaseMergeAllowed: false, squashMergeAllowed: true, hasIssuesEnabled: false },
      },
    },
  });
  expect((await ask(server, INFO, { owner: 'me', name: 'empty' })).data?.repository).toMatchObject({
    defaultBranchRef: null,
  });
  const writer = await person(server, 'write');
  expect((await ask(server, INFO, { owner: 'me', name: 'app' }, writer)).data?.repository).toMatchObject({
    viewerPermission: 'WRITE',
  });
});

test('gh lists the repositories of an owner in pages, of which everybody gets what they may see', async () => {
  const server = await start();
  for (const name of ['a', 'app', 'c']) await server.rest('POST', '/api/v3/orgs/me/repos', { name });
  const query = `query RepositoryList($login: String!, $perPage: Int!, $endCursor: String, $privacy: RepositoryPrivacy, $fork: Boolean) {
    repositoryOwner(login: $login) {
      login
      repositories(first: $perPage, after: $endCursor, privacy: $privacy, isFork: $fork, ownerAffiliations: OWNER, orderBy: { field: PUSHED_AT, direction: DESC }) {
        nodes { nameWithOwner isPrivate } totalCount pageInfo { hasNextPage endCursor }
      }
    }
  }`;
  const page = async (perPage: number, endCursor: string | null = null, token = server.token) => {
    const { data } = await ask(server, query, { login: 'me', perPage, endCursor }, token);
    const { repositories } = data?.repositoryOwner as { repositories: Record<string, unknown> };
    const { nodes, totalCount, pageInfo } = repositories as {
      nodes: { nameWithOwner: string }[];
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    return { names: nodes.map(({ nameWithOwner }) => nameWithOwner), totalCount, ...pageInfo };
  };
  const first = await page(2);
  expect(first).toMatchObject({ names: ['me/a', 'me/app'], totalCount: 3, hasNextPage: true });
  expect(await page(2, first.endCursor)).toMatchObject({ names: ['me/c'], hasNextPage: false });
  expect(await page(100, null, await person(server, 'read'))).toMatchObject({ names: ['me/app'], totalCount: 1 });
});

test('gh finds the pull request of a run’s branch', async () => {
  const server = await start();
  await server.push({ 'a.txt': '1' });
  const { object } = await server.rest<{ object: object }>('GET', '/api/v3/repos/me/app/git/ref/heads/main');
  await server.rest('POST', '/api/v3/repos/me/app/git/refs', { ref: 'refs/heads/topic', ...object });
  const file = { message: 'b', content: Buffer.from('b').toString('base64'), branch: 'topic' };
  await server.rest('PUT', '/api/v3/repos/me/app/contents/b.txt', file);
  await server.rest('POST', '/api/v3/repos/me/app/pulls', { title: 'Add b', head: 'topic', base: 'main' });
  const query = `query PullRequestForRun($owner: String!, $repo: String!, $headRefName: String!) {
    repository(owner: $owner, name: $repo) {
      pullRequests(headRefName: $headRefName, first: 1, orderBy: { field: CREATED_AT, direction: DESC }) {
        nodes { number headRepository { owner { login } name } }
      }
    }
  }`;
  const nodes = async (headRefName: string) => {
    const { data } = await ask(server, query, { owner: 'me', repo: 'app', headRefName });
    return (data?.repository as { pullRequests: { nodes: object[] } }).pullRequests.nodes;
  };
  expect(await nodes('topic')).toEqual([{ number: 1, headRepository: { owner: { login: 'me' }, name: 'app' } }]);
  expect(await nodes('main')).toEqual([]);
});

test('gh makes a repository of its own or of an owner, and is told why not', async () => {
  const server = await start();
  await server.push({ 'a.txt': '' });
  const query = `mutation RepositoryCreate($input: CreateRepositoryInput!) {
    createRepository(input: $input) { repository { id name owner { login } url } }
  }`;
  const input = { name: 'made', visibility: 'PRIVATE', hasIssuesEnabled: true, hasWikiEnabled: true };
  const made = { repository: { id: expect.any(String), name: 'made', owner: { login: 'admin' } } };
  expect((await ask(server, query, { input })).data?.createRepository).toMatchObject(made);
  const again = await firstError(server, query, { input });
  expect(again).toMatchObject({ type: 'UNPROCESSABLE', path: ['createRepository'] });
  const { data } = await ask(server, '{ repositoryOwner(login: "me") { id } }');
  const ownerId = (data?.repositoryOwner as { id: string }).id;
  await ask(server, query, { input: { ...input, ownerId } });
  expect(await server.rest('GET', '/api/v3/repos/me/made')).toMatchObject({ full_name: 'me/made' });
  expect(await firstError(server, query, { input: { ...input, ownerId: 'x' } })).toMatchObject({ type: 'NOT_FOUND' });
  const stranger = await person(server, 'admin');
  const theirs = await ask(server, query, { input: { ...input, name: 'more', ownerId } }, stranger);
  expect(theirs.data?.createRepository).toBeNull();
  expect(theirs.errors?.[0]?.type).toMatch(/^(NOT_FOUND|FORBIDDEN)$/);
  expect((await call('GET', `${server.url}/api/v3/repos/me/more`, { token: server.token })).status).toBe(404);
});

test('what somebody may not see is answered as if it did not exist', async () => {
  const server = await start();
  for (const name of ['app', 'secret']) await server.rest('POST', '/api/v3/orgs/me/repos', { name });
  const token = await person(server, 'read');
  const hidden = await ask(server, INFO, { owner: 'me', name: 'secret' }, token);
  expect(hidden).toMatchObject({ data: { repository: null }, errors: [{ type: 'NOT_FOUND', path: ['repository'] }] });
  const none = await firstError(server, INFO, { owner: 'me', name: 'none' }, token);
  expect(none?.message).toBe(hidden.errors?.[0]?.message.replace('secret', 'none'));
  expect((await send(server, '{ viewer { login } }', {}, 'swy_unknown')).status).toBe(401);
});

test('the token of a job sees its own repository alone, and makes none', async () => {
  const server = await start();
  await server.rest('POST', '/api/v3/orgs/me/repos', { name: 'other' });
  await server.pushWorkflow("on: push\njobs: { a: { runs-on: self-hosted, steps: [{ run: 'true' }] } }");
  const { gitHubToken } = await nextJob(server);
  expect((await ask(server, INFO, { owner: 'me', name: 'app' }, gitHubToken)).data?.repository).toMatchObject({
    name: 'app',
  });
  const other = await firstError(server, INFO, { owner: 'me', name: 'other' }, gitHubToken);
  expect(other).toMatchObject({ type: 'NOT_FOUND' });
  const query = 'mutation { createRepository(input: { name: "x", visibility: PRIVATE }) { repository { name } } }';
  expect((await ask(server, query, {}, gitHubToken)).data?.createRepository).toBeNull();
});

test('queries with mistakes are answered with what is wrong and where, in GitHub’s form', async () => {
  const server = await start();
  const syntax = await firstError(server, '{ viewer { login }');
  expect(syntax).toMatchObject({ message: expect.stringContaining('Syntax Error'), locations: [{ line: 1 }] });
  const unknown = await firstError(server, '{ viewer { shoeSize } }');
  expect(unknown).toMatchObject({ message: expect.stringContaining('shoeSize'), locations: [{ line: 1, column: 12 }] });
  const missing = await firstError(server, INFO, { owner: 'me' });
  expect(missing?.message).toContain('$name');
  const two = 'query A { viewer { login } } query B { viewer { login } }';
  expect((await firstError(server, two))?.message).toContain('operation name');
  const loop = '{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }';
  expect((await firstError(server, loop))?.message).toContain('Cannot spread fragment');
  for (const query of [undefined, 7]) expect((await send(server, query)).status).toBe(422);
});

test('queries that would cost too much are refused before they run: by length, depth, pages and fragments', async () => {
  const server = await start();
  await server.push({ 'a.txt': '' });
  const deep = (depth: number): string => (depth === 0 ? 'login' : `... on User { ...on User { ${deep(depth - 1)} } }`);
  const owners = (depth: number): string =>
    depth === 0 ? 'login' : `repositories(first: 1) { nodes { owner { ${owners(depth - 1)} } } }`;
  expect((await ask(server, `{ viewer { ${deep(30)} } }`)).data?.viewer).toEqual({ login: 'admin' });
  expect((await ask(server, `{ repositoryOwner(login: "me") { ${owners(5)} } }`)).errors).toBeUndefined();
  const tooDeep = await firstError(server, `{ viewer { ${owners(9)} } }`);
  expect(tooDeep).toMatchObject({ type: 'MAX_DEPTH_EXCEEDED' });
  const wide = `{ viewer { ${owners(3).replaceAll('first: 1', 'first: 100')} } }`;
  expect(await ask(server, wide)).toMatchObject({ data: null, errors: [{ type: 'MAX_NODE_LIMIT_EXCEEDED' }] });
  const long = `{ viewer { ${'login '.repeat(2_001)} } }`;
  expect((await firstError(server, long))?.message).toContain('2000 tokens');
  expect((await send(server, `{ viewer { login } } # ${'x'.repeat(70_000)}`)).status).toBe(413);
});
