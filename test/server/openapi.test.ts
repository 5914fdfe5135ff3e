import { expect, test } from 'vitest';
import { aboutAndRepositories, pullRequests } from '../support/openapi/chapters/about.ts';
import { runners, workflowsAndRuns } from '../support/openapi/chapters/actions.ts';
import { deployments, environments } from '../support/openapi/chapters/deployments.ts';
import { commitsAndContents, gitData, statuses } from '../support/openapi/chapters/git.ts';
import { permissions, secretsAndVariables } from '../support/openapi/chapters/settings.ts';
import { RestClient } from '../support/openapi/client.ts';
import { operationOf } from '../support/openapi/description.ts';
import { answeredRoutes, servedRoutes } from '../support/openapi/watch-servers.ts';
import { serversPerTest } from '../support/server.ts';

const { start } = serversPerTest();

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

/** Routes whose answers, held against the description like all others, come in tests of their own. */
const IN_OTHER_TESTS: Record<string, RegExp> = {
  'test/server/webhooks-out.test.ts': /\/hooks\b/,
  'test/server/actions-permissions.test.ts': /\/selected-actions\b/,
  'test/server/artifacts.test.ts': /\/actions\/(runs\/:id\/)?artifacts\b/,
  'test/server/caches.test.ts': /\/actions\/caches?\b/,
  'test/server/oidc.test.ts': /\/actions\/oidc\b/,
  'test/server/apps.test.ts': /\/(app|installations?)\b/,
  'test/server/check-runs.test.ts': /\/check-(runs|suites)\b/,
  'test/server/people.test.ts': /\/(collaborators|audit-log|users|rate_limit)\b/,
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
};

// Whether an answer is as GitHub describes it is looked at for every answer in every test: openapi/setup.ts.
test('every route of REST that GitHub has gives an answer that its own description allows', async () => {
  const api = new RestClient(await start());
  for (const chapter of Object.values(CHAPTERS)) await chapter(api);
  const served = [...servedRoutes()].filter((route) => operationOf(...methodAndPath(route)));
  const others = Object.values(IN_OTHER_TESTS);
  const here = served.filter((route) => !others.some((pattern) => pattern.test(route)));
  const unseen = here.filter((route) => !answeredRoutes().has(route));
  expect(unseen.map(shortened)).toEqual([]);
  const unknown = [...servedRoutes()].filter((route) => !operationOf(...methodAndPath(route)));
  expect(unknown.map(shortened).sort()).toEqual(Object.keys(NOT_OF_GITHUB).sort());
}, 240_000);

const shortened = (route: string): string => route.replace('/api/v3', '');

function methodAndPath(route: string): [string, string] {
  const [method = '', path = ''] = route.split(' ');
  return [method, path];
}
