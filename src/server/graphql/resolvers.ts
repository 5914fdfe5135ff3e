/** What the fields of the schema hold. Every repository is asked for on its own whether the caller may see it. */
import { GraphQLError } from 'graphql';
import { userId } from '../../common/ids.ts';
import { type PullRow, queryPulls } from '../../store/pulls.ts';
import { type RepositoryRow, repositoriesOf } from '../../store/repositories.ts';
import { callerName } from '../auth/access.ts';
import { assertMay } from '../auth/authorize.ts';
import type { Caller } from '../auth/callers.ts';
import { ownerPlace, repositoryPlace } from '../auth/places.ts';
import type { ServerContext } from '../context.ts';
import { nodeId } from '../github-rest/shapes.ts';

/** GitHub's. */
export const MAX_PAGE = 100;

interface Page {
  first?: number;
  after?: string;
}

export class Resolvers {
  readonly #context: ServerContext;
  readonly #caller: Caller;
  /** Of the server, as the caller reaches it. */
  readonly #url: string;

  constructor(context: ServerContext, caller: Caller, url: string) {
    this.#context = context;
    this.#caller = caller;
    this.#url = url;
  }

  viewer() {
    return this.#owner(callerName(this.#caller));
  }

  async repository({ owner, name }: { owner: string; name: string }) {
    const row = await this.#context.git.find(owner, name);
    if (row && (await this.#may(row, 'read'))) return this.#repository(row);
    throw notFound(`Could not resolve to a Repository with the name '${owner}/${name}'.`);
  }

  repositoryOwner({ login }: { login: string }) {
    return this.#owner(login);
  }

  async createRepository({ input }: { input: { name: string; ownerId?: string; clientMutationId?: string } }) {
    const owner = input.ownerId === undefined ? callerName(this.#caller) : await this.#ownerOf(input.ownerId);
    const need = { access: 'write', permission: 'people' } as const;
    await assertMay(this.#context, this.#caller, need, ownerPlace(owner));
    if (await this.#context.git.find(owner, input.name)) throw unprocessable('Name already exists on this account');
    const row = await this.#context.git.create(owner, input.name);
    return { clientMutationId: input.clientMutationId ?? null, repository: await this.#repository(row) };
  }

  /** Owners are known by their names: the id must be one of a known owner, or the caller's. */
  async #ownerOf(id: string): Promise<string> {
    const rows = await this.#context.db.selectFrom('repositories').select('owner').distinct().execute();
    const names = [callerName(this.#caller), ...rows.map(({ owner }) => owner)];
    const name = names.find((one) => nodeId('User', userId(one)) === id);
    if (name === undefined) throw notFound(`Could not resolve to a node with the global id of '${id}'`);
    return name;
  }

  #owner(login: string) {
    return {
      __typename: 'User',
      id: nodeId('User', userId(login)),
      login,
      name: null,
      url: `${this.#url}/${login}`,
      organizations: () => ({ nodes: [], totalCount: 0, pageInfo: LAST_PAGE }),
      repositories: (page: Page) => this.#repositoriesOf(login, page),
    };
  }

  async #repositoriesOf(login: string, { first = MAX_PAGE, after = '0' }: Page) {
    const rows: RepositoryRow[] = [];
    for (const row of await repositoriesOf(this.#context.db, login)) if (await this.#may(row, 'read')) rows.push(row);
    const start = Number(after) || 0;
    const end = start + Math.min(Math.max(first, 0), MAX_PAGE);
    return {
      totalCount: rows.length,
      nodes: await Promise.all(rows.slice(start, end).map((row) => this.#repository(row))),
      pageInfo: { endCursor: String(end), hasNextPage: end < rows.length },
    };
  }

  async #repository(row: RepositoryRow): Promise<object> {
    const { owner, name, created_at } = row;
    const isEmpty = (await this.#context.git.resolve(row, `refs/heads/${row.default_branch}`)) === undefined;
    const permission = await this.#permission(row);
    return {
      ...UNUSED,
      id: nodeId('Repository', row.id),
      databaseId: row.id,
      name,
      nameWithOwner: `${owner}/${name}`,
      owner: this.#owner(owner),
      url: `${this.#url}/${owner}/${name}`,
      createdAt: created_at,
      updatedAt: created_at,
      pushedAt: created_at,
      defaultBranchRef: isEmpty ? null : { name: row.default_branch },
      isEmpty,
      viewerPermission: permission,
      viewerCanAdminister: permission === 'ADMIN',
      pullRequests: (query: PullQuery) => this.#pulls(row, query),
    };
  }

  async #pulls(row: RepositoryRow, { first = MAX_PAGE, headRefName, states, orderBy }: PullQuery) {
    const order = orderBy?.direction === 'ASC' ? 'asc' : 'desc';
    const page = { limit: Math.min(Math.max(first, 0), MAX_PAGE), offset: 0, order } as const;
    const { pulls, total } = await queryPulls(this.#context.db, { repositoryId: row.id, headRef: headRefName }, page);
    const wanted = pulls.filter((pull) => states === undefined || states.includes(stateOf(pull)));
    const nodes = wanted.map((pull) => ({
      number: pull.number,
      title: pull.title,
      url: `${this.#url}/${row.owner}/${row.name}/pull/${pull.number}`,
      state: stateOf(pull),
      headRefName: pull.head_ref,
      headRepository: () => this.#repository(row),
    }));
    return { nodes, totalCount: total, pageInfo: LAST_PAGE };
  }

  async #permission(row: RepositoryRow): Promise<'ADMIN' | 'WRITE' | 'READ'> {
    if (await this.#may(row, 'admin')) return 'ADMIN';
    return (await this.#may(row, 'write')) ? 'WRITE' : 'READ';
  }

  async #may(row: RepositoryRow, access: 'read' | 'write' | 'admin'): Promise<boolean> {
    const permission = access === 'read' ? 'metadata: read' : access === 'write' ? 'contents: write' : 'people';
    return assertMay(this.#context, this.#caller, { access, permission }, repositoryPlace(row)).then(
      () => true,
      () => false,
    );
  }
}

interface PullQuery {
  first?: number;
  headRefName?: string;
  states?: string[];
  orderBy?: { direction: 'ASC' | 'DESC' };
}

const LAST_PAGE = { endCursor: null, hasNextPage: false };

/** What no repository has here. */
const UNUSED = {
  description: null,
  homepageUrl: null,
  sshUrl: '',
  parent: null,
  isArchived: false,
  isFork: false,
  isPrivate: true,
  isTemplate: false,
  visibility: 'PRIVATE',
  hasIssuesEnabled: false,
  hasProjectsEnabled: false,
  hasWikiEnabled: false,
  hasDiscussionsEnabled: false,
  mergeCommitAllowed: true,
  rebaseMergeAllowed: false,
  squashMergeAllowed: true,
  deleteBranchOnMerge: false,
  forkCount: 0,
  stargazerCount: 0,
  diskUsage: 0,
};

const stateOf = ({ state, merged_at }: PullRow): string => (merged_at === null ? state.toUpperCase() : 'MERGED');

/** GitHub's kinds of errors stand beside the message. */
const notFound = (message: string): GraphQLError => new GraphQLError(message, { extensions: { type: 'NOT_FOUND' } });
const unprocessable = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { type: 'UNPROCESSABLE' } });
