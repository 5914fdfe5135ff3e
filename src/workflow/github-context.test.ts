import { describe, expect, it } from 'vitest';
import type { Json } from '../protocol/runner/tokens.ts';
import { type GithubFacts, githubContext } from './github-context.ts';

const context = (over: Partial<GithubFacts>): Record<string, Json> =>
  githubContext({
    ...{ event: 'push', payload: {}, ref: 'refs/heads/a/b', sha: 'c', actor: 'me', triggeringActor: 'you' },
    ...{ repository: { id: '5', owner: 'o', name: 'r' }, workflow: { name: 'CI', path: '.github/workflows/ci.yml' } },
    ...{
      runId: '7',
      runNumber: '8',
      attempt: '2',
      serverUrl: 'https://x',
      apiUrl: 'https://x/api',
      graphqlUrl: 'https://x/g',
    },
    ...over,
  });

describe('githubContext', () => {
  it('SEM-22.1: gives ids and counters as texts', () => {
    expect(context({})).toMatchObject({
      ...{ run_id: '7', run_number: '8', run_attempt: '2', repository: 'o/r', repository_id: '5', actor: 'me' },
      ...{ triggering_actor: 'you', workflow: 'CI', workflow_ref: 'o/r/.github/workflows/ci.yml@refs/heads/a/b' },
      ...{ repositoryUrl: 'gits://x/o/r.git', api_url: 'https://x/api', event_name: 'push' },
    });
  });

  it.each([
    ['refs/heads/a/b', 'a/b', 'branch'],
    ['refs/tags/v1', 'v1', 'tag'],
    ['refs/pull/4/merge', '4/merge', 'branch'],
  ])('SEM-22.2: names %s', (ref, name, type) => {
    expect(context({ ref })).toMatchObject({ ref_name: name, ref_type: type });
  });

  it('SEM-22.2: has head and base for pull requests only', () => {
    const payload = { pull_request: { head: { ref: 'fix' }, base: { ref: 'main' } } };
    expect(context({ event: 'pull_request_target', payload })).toMatchObject({ head_ref: 'fix', base_ref: 'main' });
    expect(context({ event: 'push', payload })).toMatchObject({ head_ref: '', base_ref: '' });
    expect(context({ event: 'pull_request', payload: { pull_request: 1 } })).toMatchObject({ head_ref: '' });
  });
});
