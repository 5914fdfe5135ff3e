import { expect, it } from 'vitest';
import { isHosted, scopeOfUrl } from './urls.ts';

it.each([
  ['https://github.com/me', { kind: 'organization', name: 'me' }],
  ['https://github.com/me/app/', { kind: 'repository', owner: 'me', name: 'app' }],
  ['http://ci.example:8484/enterprises/acme', { kind: 'enterprise', name: 'acme' }],
  ['https://github.com/', undefined],
  ['https://github.com/me/app/settings', undefined],
])('the URL %s names %j (runner-protocol 1.1)', (url, scope) => {
  expect(scopeOfUrl(url)).toEqual(scope);
});

it('github.com and its data-residency hosts are GitHub’s own', () => {
  const hosts = ['github.com', 'www.github.com', 'acme.ghe.com', 'ghe.com', 'github.example', 'mygithub.com'];
  expect(hosts.filter((host) => isHosted(`https://${host}/o`))).toEqual(hosts.slice(0, 3));
});
