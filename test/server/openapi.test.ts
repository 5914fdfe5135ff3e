import { afterEach, expect, test, vi } from 'vitest';
import { aboutAndRepositories, pullRequests } from '../support/openapi/chapters/about.ts';
import { runners, workflowsAndRuns } from '../support/openapi/chapters/actions.ts';
import { apps, postedChecks } from '../support/openapi/chapters/apps.ts';
import { deployments, environments } from '../support/openapi/chapters/deployments.ts';
import { commitsAndContents, gitData, statuses } from '../support/openapi/chapters/git.ts';
import { hooks } from '../support/openapi/chapters/hooks.ts';
import { people } from '../support/openapi/chapters/people.ts';
import { artifactsCachesAndOidc } from '../support/openapi/chapters/services.ts';
import { permissions, secretsAndVariables } from '../support/openapi/chapters/settings.ts';
import { RestClient } from '../support/openapi/client.ts';
import { operationOf } from '../support/openapi/description.ts';
import { answeredRoutes, servedRoutes } from '../support/openapi/watch-servers.ts';
import { serversPerTest } from '../support/server.ts';

const { start } = serversPerTest();
afterEach(() => vi.unstubAllEnvs());

/** Routes below /api/v3 that GitHub's description does not have. */
const NOT_OF_GITHUB: Record<string, string> = {
  'GET /repos/:owner/:repo/actions/runner-groups': 'what an administrator of one repository may see of the groups',
  'GET /repos/:owner/:repo/contents': 'the top folder: a path that is empty, which GitHub answers too',
  'GET /repos/:owner/:repo/actions/artifacts/:id/zip': 'the only format of /artifacts/:id/:archive_format',
  'GET /admin/hooks/:id/deliveries': 'GitHub keeps the log of such hooks to its own page',
  'GET /admin/hooks/:id/deliveries/:delivery': 'the same',
  'POST /admin/hooks/:id/deliveries/:delivery/attempts': 'the same',
  'POST /actions/runner-registration': 'config.sh of the official runner calls it; GitHub does not document it',
  'POST /actions/runners/register': 'the same',
};

const CHAPTERS = {
  aboutAndRepositories,
  pullRequests,
  commitsAndContents,
  gitData,
  statuses,
  workflowsAndRuns,
  runners,
  environments,
  deployments,
  permissions,
  secretsAndVariables,
  artifactsCachesAndOidc,
  people,
  apps,
  postedChecks,
  hooks,
};

// Whether an answer is as GitHub describes it is looked at for every answer in every test: openapi/setup.ts.
test('every route of REST that GitHub has gives an answer that its own description allows', async () => {
  // Else nothing is selected, and the routes about the selection answer 409. Nothing here asks the upstream.
  vi.stubEnv('SWITCHYARD_ACTIONS_UPSTREAM', 'https://upstream.example');
  vi.stubEnv('SWITCHYARD_ACTIONS_ALLOWED', 'actions/*');
  const api = new RestClient(await start({ rateLimit: 100_000 }));
  for (const chapter of Object.values(CHAPTERS)) await chapter(api);
  const served = [...servedRoutes()].filter((route) => operationOf(...methodAndPath(route)));
  const unseen = served.filter((route) => !answeredRoutes().has(route));
  expect(unseen.map(shortened)).toEqual([]);
  const unknown = [...servedRoutes()].filter((route) => !operationOf(...methodAndPath(route)));
  expect(unknown.map(shortened).sort()).toEqual(Object.keys(NOT_OF_GITHUB).sort());
}, 240_000);

const shortened = (route: string): string => route.replace('/api/v3', '');

function methodAndPath(route: string): [string, string] {
  const [method = '', path = ''] = route.split(' ');
  return [method, path];
}
