import { expect, test } from 'vitest';
import { actionOf, isAudited } from './audit.ts';

test('acts are named as GitHub names them: where, what, and of what', () => {
  expect(actionOf('PUT', '/api/v3/repos/:owner/:repo/actions/secrets/:name')).toBe('repo.update_secret');
  expect(actionOf('POST', '/api/v3/orgs/:org/actions/runners/registration-token')).toBe(
    'org.create_runner_registration_token',
  );
  expect(
    actionOf('DELETE', '/api/v3/repos/:owner/:repo/environments/:environment/deployment-branch-policies/:id'),
  ).toBe('repo.remove_environment_deployment_branch_policy');
  expect(actionOf('POST', '/switchyard/v1/users')).toBe('server.create_user');
  expect(actionOf('DELETE', '/api/v3/enterprises/:enterprise/actions/runners/:id')).toBe('enterprise.remove_runner');
});

test('what administrators change is written down, and what is marked; reading is not', () => {
  expect(isAudited('PUT', { access: 'admin' })).toBe(true);
  expect(isAudited('POST', { access: 'registration' })).toBe(true);
  expect(isAudited('PUT', { access: 'write', audited: true })).toBe(true);
  expect(isAudited('PUT', { access: 'write' })).toBe(false);
  expect(isAudited('GET', { access: 'admin' })).toBe(false);
});
