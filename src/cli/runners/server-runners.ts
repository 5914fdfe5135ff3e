/** The self-hosted runners that a server knows for a repository, through GitHub's REST. */
import { UserError } from '../../common/errors.ts';
import { DASHBOARD_PREFIX, type RunnerList } from '../../protocol/dashboard/index.ts';
import { type RunnerScope, scopePath } from '../../protocol/github/runner-scope.ts';
import type { LintRunner } from '../../workflow/lint/index.ts';
import type { Endpoint } from '../client/endpoints.ts';
import { HttpClient } from '../client/http.ts';
import { toLintRunners } from './runner-list.ts';

const PAGE_SIZE = 100;
/** Slug of the one enterprise of a Switchyard server; its runners serve every repository. */
const ENTERPRISE = 'switchyard';

/**
 * Of the repository, of its owner and of the enterprise.
 * @throws UserError when the server cannot be reached or refuses the token
 */
export async function serverRunners(endpoint: Endpoint, repository: string): Promise<LintRunner[]> {
  const [owner = '', name = ''] = repository.split('/');
  const client = new HttpClient(endpoint);
  const scopes: RunnerScope[] = [
    { kind: 'repository', owner, name },
    { kind: 'organization', name: owner },
    { kind: 'enterprise', name: ENTERPRISE },
  ];
  const [walls, ...lists] = await Promise.all([wallsOf(client), ...scopes.map((scope) => runnersOf(client, scope))]);
  return lists.flat().map((runner) => ({ ...runner, ...walls.get(runner.id) }));
}

/** GitHub's REST has no word for them. Empty for a GitHub that is not Switchyard. */
async function wallsOf(client: HttpClient): Promise<Map<number, Pick<LintRunner, 'wall' | 'groupWall'>>> {
  const { runners = [] } = await client.json<Partial<RunnerList>>(`${DASHBOARD_PREFIX}/runners`).catch(ifMissing);
  return new Map(runners.map(({ id, wall, groupWall }) => [id, { wall, groupWall }]));
}

function ifMissing(error: unknown): Record<string, never> {
  if (error instanceof UserError && error.status === 404) return {};
  throw error;
}

async function runnersOf(client: HttpClient, scope: RunnerScope): Promise<LintRunner[]> {
  const path = `/api/v3${scopePath(scope)}/actions`;
  const [runners, groups] = await Promise.all([
    pages(client, `${path}/runners`, 'runners'),
    pages(client, `${path}/runner-groups`, 'runner_groups'),
  ]);
  return toLintRunners(runners, new Map(groups.filter(isGroup).map((group) => [group.id, group.name])));
}

/** Nothing where the server has no such place: a user's repository has no organization, GitHub's has no such enterprise. */
async function pages(client: HttpClient, path: string, key: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let page = 1; ; page++) {
    const answer = await client
      .json<Record<string, unknown>>(`${path}?per_page=${PAGE_SIZE}&page=${page}`)
      .catch(ifMissing);
    const items = answer[key];
    if (!Array.isArray(items)) return found;
    found.push(...items);
    if (items.length < PAGE_SIZE) return found;
  }
}

const isGroup = (group: unknown): group is { id: number; name: string } =>
  typeof group === 'object' && group !== null && 'id' in group && 'name' in group;
