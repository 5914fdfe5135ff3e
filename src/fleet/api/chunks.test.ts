import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { ResourceStore } from '../store/resource-store.ts';
import { chunkOf } from './chunks.ts';

const PLURAL = 'runnerdeployments';

let store: ResourceStore;
beforeEach(() => {
  store = new ResourceStore(':memory:', new ManualClock());
});
afterEach(() => store.close());

const add = (name: string, namespace = 'ci', plural = PLURAL) =>
  store.create(plural, { apiVersion: 'v1', kind: 'Any', metadata: { name, namespace }, spec: { size: 1 } });
const change = (name: string, namespace = 'ci'): void => {
  const found = store.get({ plural: PLURAL, namespace, name });
  store.update(PLURAL, { ...found, spec: { size: Number((found.spec as { size: number }).size) + 1 } });
};
const remove = (name: string, namespace = 'ci'): void => void store.delete({ plural: PLURAL, namespace, name });

type Query = Parameters<typeof chunkOf>[2];
const chunk = (query: Query, namespace: string | undefined = 'ci') =>
  chunkOf(store, { plural: PLURAL, namespace }, query, undefined);
const names = ({ items }: ReturnType<typeof chunk>): string[] =>
  items.map(({ metadata }) => `${metadata.name}:${metadata.resourceVersion}`);

/** Reads to the end; `between` is called after each chunk. */
function whole(limit: number, between: () => void, namespace?: string): { read: string[]; versions: Set<string> } {
  const read: string[] = [];
  const versions = new Set<string>();
  let next: string | undefined;
  do {
    const one = chunkOf(store, { plural: PLURAL, namespace }, { limit, continue: next }, undefined);
    read.push(
      ...one.items.map(({ metadata }) => JSON.stringify([metadata.namespace, metadata.name, metadata.resourceVersion])),
    );
    versions.add(one.metadata.resourceVersion);
    next = one.metadata.continue;
    between();
  } while (next !== undefined);
  return { read, versions };
}

describe('lists in chunks', () => {
  it('have as many as asked for, by name, and say how many are left', () => {
    for (const name of ['c', 'a', 'e', 'b', 'd']) add(name);
    const first = chunk({ limit: 2 });
    expect(names(first)).toEqual(['a:2', 'b:4']);
    expect(first.metadata).toMatchObject({ resourceVersion: '5', remainingItemCount: 3 });
    const second = chunk({ limit: 2, continue: first.metadata.continue });
    expect(names(second)).toEqual(['c:1', 'd:5']);
    const last = chunk({ limit: 2, continue: second.metadata.continue });
    expect(names(last)).toEqual(['e:3']);
    expect(last.metadata).toEqual({ resourceVersion: '5' });
  });

  it('come whole without a limit, and with one that is not reached', () => {
    for (const name of ['a', 'b']) add(name);
    for (const limit of [undefined, 0, 2, 500]) {
      expect(chunk({ limit }).metadata, String(limit)).toEqual({ resourceVersion: '2' });
    }
  });

  it('all show the moment of the first, whatever happens in between', () => {
    for (const name of ['a', 'b', 'c', 'd']) add(name);
    const first = chunk({ limit: 1 });
    add('bb');
    change('c');
    change('c');
    remove('d');
    remove('b');
    add('b');
    const rest = chunk({ continue: first.metadata.continue });
    expect(names(rest)).toEqual(['b:2', 'c:3', 'd:4']);
    expect(rest.metadata.resourceVersion).toBe('4');
    expect(names(chunk({}))).toEqual(['a:1', 'b:10', 'bb:5', 'c:7']);
  });

  it('are those of the first moment for every order of changes', () => {
    const names = ['a', 'a-b', 'b', 'c'];
    const step = fc.record({
      what: fc.constantFrom('add', 'change', 'remove'),
      name: fc.constantFrom(...names),
      namespace: fc.constantFrom('ci', 'ci-2'),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 20 }),
        fc.array(step, { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (before, later, limit) => {
          store.close();
          store = new ResourceStore(':memory:', new ManualClock());
          const apply = ({ what, name, namespace }: (typeof before)[number]): void => {
            const isThere = store.find({ plural: PLURAL, namespace, name }) !== undefined;
            if (what === 'add' && !isThere) add(name, namespace);
            if (what === 'change' && isThere) change(name, namespace);
            if (what === 'remove' && isThere) remove(name, namespace);
          };
          before.forEach(apply);
          const expected = whole(100, () => undefined).read;
          const left = [...later];
          const { read, versions } = whole(limit, () => {
            for (const one of left.splice(0, 3)) apply(one);
          });
          expect(read).toEqual(expected);
          expect(versions.size).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('look only at what a selector finds, and count nothing then', () => {
    for (const name of ['a', 'b', 'c', 'd']) add(name);
    const odd = chunkOf(store, { plural: PLURAL, namespace: 'ci' }, { limit: 1 }, ({ metadata }) =>
      ['a', 'c'].includes(metadata.name),
    );
    expect(names(odd)).toEqual(['a:1']);
    expect(odd.metadata.continue).toBeDefined();
    expect(odd.metadata.remainingItemCount).toBeUndefined();
  });

  it('are over when too much has changed since: the list begins anew (410)', () => {
    for (const name of ['a', 'b']) add(name);
    const { metadata } = chunk({ limit: 1 });
    for (let time = 0; time < 2_001; time++) change('a');
    expect(() => chunk({ limit: 1, continue: metadata.continue })).toThrow(
      expect.objectContaining({ status: 410, message: expect.stringContaining('continue parameter is too old') }),
    );
    expect(() => chunk({ resourceVersion: '1', resourceVersionMatch: 'Exact' })).toThrow('too old resource version: 1');
  });

  it('show an exact version that is asked for', () => {
    for (const name of ['a', 'b']) add(name);
    change('a');
    expect(names(chunk({ resourceVersion: '2', resourceVersionMatch: 'Exact' }))).toEqual(['a:1', 'b:2']);
    expect(names(chunk({ resourceVersion: '2', resourceVersionMatch: 'NotOlderThan' }))).toEqual(['a:3', 'b:2']);
  });

  it.each([
    ['no token', { continue: 'nonsense' }, 'continue key is not valid'],
    ['a token of something else', { continue: Buffer.from('{"v":1}').toString('base64url') }, 'not valid'],
    [
      'a version beside a token',
      { continue: Buffer.from('{"version":0,"after":""}').toString('base64url'), resourceVersion: '7' },
      'specifying resource version is not allowed',
    ],
    [
      'a version that is yet to come',
      { continue: Buffer.from('{"version":99,"after":""}').toString('base64url') },
      'resource version 99 is in the future',
    ],
  ])('refuse %s', (_what, query, message) => {
    add('a');
    expect(() => chunk(query)).toThrow(message);
  });
});
