import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../common/errors.ts';
import { BACKEND_ANNOTATION, backendOf, misplacedBackend, reviewBy } from './annotation.ts';
import { type BackendEntry, Backends } from './backends.ts';
import { describeBackend } from './contract.ts';
import { FakeBackend } from './fake.ts';

const spec = { repository: 'octo/app' };
const request = (name: string) => ({ name, jitConfig: 'config', keepConfig: false, spec });
const asking = (backend: string) => ({ metadata: { annotations: { [BACKEND_ANNOTATION]: backend } } });

function two(used: string[] = []) {
  const fakes = new Map<string, FakeBackend>([
    ['near', new FakeBackend()],
    ['far', new FakeBackend()],
  ]);
  const opened: string[] = [];
  const entries = new Map<string, BackendEntry>(
    [...fakes].map(([name, backend]) => [
      name,
      {
        open() {
          opened.push(name);
          return backend;
        },
        wasUsed: () => used.includes(name),
      },
    ]),
  );
  const [near, far] = [...fakes.values()] as [FakeBackend, FakeBackend];
  return { backends: new Backends({ entries, defaultName: 'near' }), near, far, opened, entries };
}

describeBackend('several behind one', async () => {
  const { backends, near, entries } = two(['near']);
  return {
    backend: backends,
    reopen: async () => new Backends({ entries, defaultName: 'near' }),
    jitConfig: 'config',
    crash: async (name) => near.exit(name, { signal: 'SIGKILL', output: '' }),
    close: () => backends.close(),
  };
});

describe('several backends', () => {
  it('start a runner where its annotation says, else at the default one', async () => {
    const { backends, near, far } = two();
    await backendOf(backends, asking('far')).start(request('a'));
    await backendOf(backends, {}).start(request('b'));
    expect(far.running()).toEqual(['a']);
    expect(near.running()).toEqual(['b']);
    expect((await backends.list()).map(({ name }) => name).sort()).toEqual(['a', 'b']);
  });

  it('stop and forget a runner wherever it is, and tell ends from everywhere', async () => {
    const { backends, far } = two();
    const ends: string[] = [];
    backends.onExit((name) => ends.push(name));
    await backendOf(backends, asking('far')).start(request('a'));
    await backends.stop('a', 0);
    await backends.remove('a', { keepLog: false });
    expect(ends).toEqual(['a']);
    expect(await far.list()).toEqual([]);
  });

  it('are opened only when they are asked for, or an earlier fleet has used them', async () => {
    const fresh = two();
    await fresh.backends.list();
    expect(fresh.opened).toEqual([]);
    const used = two(['far']);
    await used.far.start(request('survivor'));
    expect(await used.backends.list()).toEqual([{ name: 'survivor', resumable: false }]);
    expect(used.opened).toEqual(['far']);
  });

  it('name the one that does not tell what it has: nothing may be decided then', async () => {
    const { backends, far } = two(['far']);
    far.list = () => Promise.reject(new OutsideError('it is away', { retryable: true }));
    await expect(backends.list()).rejects.toThrow('The backend far does not tell which runners it has: it is away');
  });

  it('refuse a name that is none of theirs, also as the default', () => {
    const { backends } = two();
    expect(() => backendOf(backends, asking('nowhere'))).toThrow('There is no backend "nowhere".');
    expect(() => new Backends({ entries: new Map(), defaultName: 'near' })).toThrow('There is no backend "near".');
  });

  it("review a spec by the backend that its template's annotation names", () => {
    const { backends, far } = two();
    far.review = () => [{ field: 'image', message: 'has no effect' }];
    const review = reviewBy(backends);
    expect(review(spec, { spec: { template: asking('far') } })).toHaveLength(1);
    expect(review(spec, asking('far'))).toHaveLength(1);
    expect(review(spec, {})).toEqual([]);
  });

  it('D-1: warn of an annotation that runners do not get', () => {
    const misplaced = { ...asking('far'), spec: { template: {} } };
    expect(misplacedBackend(misplaced).map(({ field }) => field)).toEqual(['metadata.annotations[switchyard/backend]']);
    expect(misplacedBackend({ ...asking('far'), spec: { template: asking('far') } })).toEqual([]);
    expect(misplacedBackend(asking('far'))).toEqual([]);
  });
});
