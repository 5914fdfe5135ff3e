import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, parsePlace, placeInPath } from './places.ts';
import { accessAt, includes, type Reach, visibleTo } from './reach.ts';

const names = fc.constantFrom('me', 'you', 'm', 'me-too');
const repository = fc.tuple(names, fc.constantFrom('app', 'ap', 'app2')).map(([owner, name]) => `${owner}/${name}`);
const place = fc.oneof(fc.constant('*'), names, repository);
const level = fc.constantFrom('read' as const, 'write' as const, 'admin' as const);
const reaches: fc.Arbitrary<Reach> = fc.record({
  scope: level,
  places: fc.option(fc.array(place, { minLength: 1, maxLength: 3 }), { nil: null }),
  grants: fc.array(fc.record({ place, access: level }), { maxLength: 4 }),
});

test('what is listed as visible is exactly what may be read', () => {
  fc.assert(
    fc.property(reaches, repository, (reach, one) => {
      const visible = visibleTo(reach);
      const isListed = visible === 'all' || visible.some((outer) => covers(outer, one));
      expect(isListed).toBe(accessAt(reach, one) !== undefined);
    }),
  );
});

test('a token never may more than its scope, its places or the grants of its user', () => {
  fc.assert(
    fc.property(reaches, place, (reach, one) => {
      const access = accessAt(reach, one);
      if (!access) return;
      expect(includes(reach.scope, access)).toBe(true);
      expect(reach.places === null || reach.places.some((limit) => covers(limit, one))).toBe(true);
      expect(reach.grants.some((grant) => covers(grant.place, one) && includes(grant.access, access))).toBe(true);
    }),
  );
});

test('who may do something in a place may do it in all that lies in it', () => {
  fc.assert(
    fc.property(reaches, place, repository, (reach, outer, inner) => {
      const access = accessAt(reach, outer);
      if (access && covers(outer, inner)) expect(includes(accessAt(reach, inner), access)).toBe(true);
    }),
  );
});

test('the place in a path ignores case, and no encoded slash or star makes another of it', () => {
  expect(placeInPath({ owner: 'Me', repo: 'App' })).toBe('me/app');
  expect(placeInPath({ org: 'Me' })).toBe('me');
  expect(placeInPath({ enterprise: 'switchyard' })).toBe('*');
  expect(placeInPath({ id: '1' })).toBeUndefined();
  for (const params of [
    { org: 'me/app' },
    { org: '*' },
    { owner: 'me', repo: '*' },
    { owner: 'me/app', repo: 'x' },
    { org: '' },
  ]) {
    expect(() => placeInPath(params), JSON.stringify(params)).toThrow('Not Found');
  }
});

test('places are written as repositories, owners or a star', () => {
  expect([parsePlace('Me/App'), parsePlace('me'), parsePlace('*')]).toEqual(['me/app', 'me', '*']);
  for (const text of ['', 'me/', '/app', 'me/app/x', '**', 'me/*', '../x', 'me app']) {
    expect(() => parsePlace(text), text).toThrow('is no place');
  }
});
