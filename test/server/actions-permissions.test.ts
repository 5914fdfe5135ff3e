import { afterEach, describe, expect, it } from 'vitest';
import type { ActionsPolicy } from '../../src/server/actions/policy.ts';
import { actionsPermissionRoutes } from '../../src/server/github-rest/actions-permissions.ts';
import { useGitHubErrors } from '../../src/server/github-rest/errors.ts';
import { call } from '../support/simulated-runner.ts';
import { type SmallServer, startSmallServer } from '../support/small-server.ts';

let server: SmallServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const PLACES = ['/repos/me/app', '/orgs/me', '/enterprises/switchyard'];
const ON: Record<string, object> = {
  '/repos/me/app': { enabled: true },
  '/orgs/me': { enabled_repositories: 'all' },
  '/enterprises/switchyard': { enabled_organizations: 'all' },
};

/** How to call what is below `actions/permissions` of a place. */
async function start(policy: Partial<ActionsPolicy>) {
  const whole = { upstream: 'https://github.com', upstreamToken: undefined, allowed: [], requireSha: false, ...policy };
  const small = await startSmallServer(async (app, context) => {
    await app.register(
      async (rest) => {
        useGitHubErrors(rest, context);
        actionsPermissionRoutes(rest, context, whole);
      },
      { prefix: '/api/v3' },
    );
  });
  server = small;
  await small.context.git.create('me', 'app');
  const token = await small.token('admin');
  return (method: string, place: string, path = '', json?: unknown) =>
    call<Record<string, unknown>>(method, `${small.url}/api/v3${place}/actions/permissions${path}`, { token, json });
}

describe('the rule for actions, in every place', () => {
  it("is the one of the server's settings, in GitHub's words", async () => {
    const cases: [Partial<ActionsPolicy>, string][] = [
      [{ upstream: undefined, allowed: ['actions/*'] }, 'local_only'],
      [{ allowed: [] }, 'local_only'],
      [{ allowed: ['actions/*', '*'] }, 'all'],
      [{ allowed: ['actions/*', 'me/*'] }, 'selected'],
    ];
    for (const [policy, allowed] of cases) {
      const send = await start({ ...policy, requireSha: allowed === 'all' });
      for (const place of PLACES) {
        const { body } = await send('GET', place);
        expect(body).toMatchObject({ allowed_actions: allowed, sha_pinning_required: allowed === 'all' });
        expect(body).toMatchObject(ON[place] ?? {});
        expect('selected_actions_url' in body).toBe(allowed === 'selected');
        expect((await send('GET', place, '/selected-actions')).status).toBe(allowed === 'selected' ? 200 : 409);
      }
      await server?.close();
    }
  });

  it('names the selected actions', async () => {
    const send = await start({ allowed: ['github/*', 'actions/*', 'docker/build-*'] });
    for (const place of PLACES) {
      const { body } = await send('GET', place, '/selected-actions');
      expect(body).toEqual({
        ...{ github_owned_allowed: true, verified_allowed: false, patterns_allowed: ['docker/build-*'] },
      });
      expect((await send('PUT', place, '/selected-actions', body)).status).toBe(204);
      const more = { patterns_allowed: ['docker/build-*', 'evil/*'] };
      expect(await send('PUT', place, '/selected-actions', more)).toMatchObject({
        ...{ status: 409, body: { message: expect.stringContaining('SWITCHYARD_ACTIONS_') } },
      });
    }
  });

  it('says of the half of what GitHub owns which half it is', async () => {
    const send = await start({ allowed: ['actions/*'] });
    expect((await send('GET', '/orgs/me', '/selected-actions')).body).toMatchObject({
      ...{ github_owned_allowed: false, patterns_allowed: ['actions/*'] },
    });
  });

  it('is not changed by who may administer one place, and a PUT of what is so already does nothing', async () => {
    const send = await start({ allowed: ['actions/*'] });
    for (const place of PLACES) {
      expect((await send('PUT', place, '', (await send('GET', place)).body)).status).toBe(204);
      expect((await send('PUT', place, '', { ...ON[place] })).status).toBe(204);
      const refused = await send('PUT', place, '', { allowed_actions: 'all' });
      expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining('SWITCHYARD_ACTIONS_')]);
      const off = await send('PUT', place, '', {
        ...{ enabled: false, enabled_repositories: 'none', enabled_organizations: 'none' },
      });
      expect([off.status, off.body.message]).toEqual([409, expect.stringContaining('/disable')]);
      expect((await send('PUT', place, '', { enabled_repositories: 'some' })).status).toBe(422);
    }
    for (const none of ['/repos/me/none', '/enterprises/other']) expect((await send('GET', none)).status).toBe(404);
  });
});

it('actions and workflows of a repository are open to all others of the server, and that cannot be changed', async () => {
  const send = await start({});
  const access = (method: string, json?: object) => send(method, '/repos/me/app', '/access', json);
  expect((await access('GET')).body).toEqual({ access_level: 'enterprise' });
  expect((await access('PUT', { access_level: 'enterprise' })).status).toBe(204);
  expect((await access('PUT', { access_level: 'none' })).status).toBe(409);
});

it.each(PLACES.slice(1))('%s tells what new repositories begin with', async (place) => {
  const send = await start({});
  const { body } = await send('GET', place, '/workflow');
  expect(body).toEqual({ default_workflow_permissions: 'read', can_approve_pull_request_reviews: false });
  expect((await send('PUT', place, '/workflow', body)).status).toBe(204);
  expect((await send('PUT', place, '/workflow', { default_workflow_permissions: 'write' })).status).toBe(409);
});
