import { describe, expect, it } from 'vitest';
import type { Json } from '../../protocol/runner/tokens.ts';
import { type EventRequest, eventFromPayload, isFromFork } from './event.ts';

const planned = (name: string, payload: Record<string, Json> = {}, over: Partial<EventRequest> = {}) =>
  eventFromPayload({ name, payload, ...over });

const pull = { number: 7, head: { ref: 'fix', sha: 'h' }, base: { ref: 'main', sha: 'b' }, merge_commit_sha: 'm' };

describe('eventFromPayload', () => {
  it.each<[string, Record<string, Json>, string, string]>([
    ['push', { ref: 'refs/tags/v1', after: 'a', head_commit: { id: 'c' } }, 'refs/tags/v1', 'c'],
    ['push', { ref: 'refs/heads/x', after: 'a' }, 'refs/heads/x', 'a'],
    ['create', { ref: 'v1', ref_type: 'tag' }, 'refs/tags/v1', '0'.repeat(40)],
    ['create', { ref: 'x', ref_type: 'branch' }, 'refs/heads/x', '0'.repeat(40)],
    ['workflow_dispatch', { ref: 'x' }, 'refs/heads/x', '0'.repeat(40)],
    ['release', { release: { tag_name: 'v2' } }, 'refs/tags/v2', '0'.repeat(40)],
    ['pull_request', { pull_request: pull }, 'refs/pull/7/merge', 'm'],
    ['pull_request_target', { pull_request: pull, repository: { default_branch: 'dev' } }, 'refs/heads/dev', 'b'],
    ['issues', { repository: { default_branch: 'dev' } }, 'refs/heads/dev', '0'.repeat(40)],
    ['schedule', {}, 'refs/heads/main', '0'.repeat(40)],
    ['merge_group', { merge_group: { head_ref: 'refs/heads/q', head_sha: 's' } }, 'refs/heads/q', 's'],
  ])('SEM-2.4: gives a run of %s its ref and commit', (name, payload, ref, sha) => {
    expect(planned(name, payload)).toMatchObject({ ref, sha });
  });

  it('takes what is given in place of what the payload says', () => {
    const event = planned('push', { ref: 'refs/heads/x' }, { ref: 'dev', sha: 's', changedFiles: ['a'] });
    expect(event).toMatchObject({ ref: 'refs/heads/dev', sha: 's', facts: { changedFiles: ['a'] } });
  });

  it('SEM-3.1: lets filters see the base of a pull request and the head of a triggering run', () => {
    expect(planned('pull_request', { pull_request: pull }).facts.ref).toBe('refs/heads/main');
    expect(planned('workflow_run', { workflow_run: { head_branch: 'x', name: 'CI' } }).facts).toMatchObject({
      ref: 'refs/heads/x',
      workflowName: 'CI',
    });
  });

  it('reads activity, message, deletion and schedule', () => {
    expect(planned('issues', { action: 'opened' }).facts.activity).toBe('opened');
    expect(planned('issues', { action: 'opened' }, { activity: 'closed' }).facts.activity).toBe('closed');
    expect(planned('push', { deleted: true, head_commit: { message: 'm' } }).facts).toMatchObject({
      deleted: true,
      commitMessage: 'm',
    });
    expect(planned('schedule', { schedule: '0 5 * * *' }).facts.cron).toBe('0 5 * * *');
  });

  it('SEM-3.11: takes changed files from the commits of a push, unless some may be missing', () => {
    const commit = (file: string): Json => ({ added: [file], modified: [], removed: ['gone'] });
    expect(planned('push', { commits: [commit('a'), commit('b')] }).facts.changedFiles).toEqual(['a', 'gone', 'b']);
    expect(planned('push', { commits: [{ id: '1' }] }).facts.changedFiles).toBeNull();
    expect(planned('push', { commits: Array.from({ length: 20 }, () => commit('a')) }).facts.changedFiles).toBeNull();
    expect(planned('push', { commits: [] }).facts.changedFiles).toBeNull();
  });
});

it('SEM-6.3: isFromFork compares the repositories of a pull request', () => {
  const of = (head: string, base: string): Record<string, Json> => ({
    pull_request: { head: { repo: { full_name: head } }, base: { repo: { full_name: base } } },
  });
  expect(isFromFork(of('you/app', 'me/app'))).toBe(true);
  expect(isFromFork(of('Me/App', 'me/app'))).toBe(false);
  expect(isFromFork({})).toBe(false);
});
