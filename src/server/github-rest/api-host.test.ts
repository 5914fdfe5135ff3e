import { expect, test } from 'vitest';
import { pathOnApiHost } from './api-host.ts';

const at = (url: string, host: string | undefined, publicUrl = 'http://ci.example.com:8484'): string =>
  pathOnApiHost(url, host, publicUrl);

test('REST and GraphQL begin at / on a host called api.…', () => {
  expect(at('/', 'api.ci.example.com')).toBe('/api/v3/');
  expect(at('/repos/me/app?page=2', 'API.example.com:8484')).toBe('/api/v3/repos/me/app?page=2');
  expect(at('/graphql', 'api.example.com')).toBe('/api/graphql');
  expect(at('/graphql?x=1', 'api.example.com')).toBe('/api/graphql?x=1');
  expect(at('/graphqlx', 'api.example.com')).toBe('/api/v3/graphqlx');
});

test('the longer paths are there too', () => {
  for (const path of ['/api/v3', '/api/v3/user', '/api/graphql']) expect(at(path, 'api.example.com')).toBe(path);
});

test('other hosts keep their paths, and so does a server whose own name begins so', () => {
  for (const host of [undefined, '', 'ci.example.com', 'rapi.example.com', 'api:8484', '127.0.0.1:8484']) {
    expect(at('/user', host)).toBe('/user');
  }
  expect(at('/me/app.git/info/refs', 'Api.example.com:8484', 'https://api.example.com')).toBe('/me/app.git/info/refs');
  expect(at('*', 'api.example.com')).toBe('*');
  expect(at('/user', 'api.example.com', '')).toBe('/api/v3/user');
});
