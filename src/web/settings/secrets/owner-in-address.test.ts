import { expect, test } from 'vitest';
import { ownerPath, settingsPath } from '../../api/settings-queries.ts';
import { ownerAddress, readOwner } from './owner-in-address.ts';

test.each([
  [{ place: 'me', environment: '' }, '/orgs/me', '/api/v3/orgs/me/actions/secrets'],
  [{ place: 'me/app', environment: '' }, '/repos/me/app', '/api/v3/repos/me/app/actions/secrets'],
  [
    { place: 'me/app', environment: 'eu west/1' },
    '/repos/me/app/environments/eu%20west%2F1',
    '/api/v3/repos/me/app/environments/eu%20west%2F1/secrets',
  ],
])('secrets of %o have their address and their paths', (owner, own, rest) => {
  expect(readOwner(ownerAddress(owner).split('?')[1] ?? '')).toEqual(owner);
  expect([ownerPath(owner), settingsPath('secrets', owner)]).toEqual([own, rest]);
});

test('an owner has no environments, and an empty address names nobody', () => {
  expect(readOwner('of=me&environment=prod')).toEqual({ place: 'me', environment: '' });
  expect(readOwner('')).toEqual({ place: '', environment: '' });
});
