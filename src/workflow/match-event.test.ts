import { describe, expect, it } from 'vitest';
import type { EventFilter } from './event-filters.ts';
import { type EventFacts, matchEvent, readWorkflow, type Workflow } from './index.ts';

const on = (triggers: string): Workflow =>
  readWorkflow({ path: 'ci.yml', text: `on: ${triggers}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n` });

const PUSH: EventFacts = { name: 'push', ref: 'refs/heads/main', changedFiles: ['src/a.ts', 'docs/b.md'] };

function match(triggers: string, event: Partial<EventFacts> = {}): boolean {
  const workflow = on(triggers);
  expect(workflow.errors).toEqual([]);
  return matchEvent(workflow, { ...PUSH, ...event }).triggered;
}

const reason = (triggers: string, event: Partial<EventFacts> = {}): string =>
  matchEvent(on(triggers), { ...PUSH, ...event }).reason;

const TAG = { ref: 'refs/tags/v1.0.0' };

describe('matchEvent', () => {
  it('SEM-2.1, 2.2: takes a string, a list and a mapping', () => {
    expect(match('push')).toBe(true);
    expect(match('[workflow_dispatch, push]')).toBe(true);
    expect(match('{push: , pull_request: }')).toBe(true);
    expect(match('workflow_dispatch')).toBe(false);
  });

  it('SEM-2.3: selects activity types, with defaults for pull requests only', () => {
    const opened = { name: 'pull_request', activity: 'opened' };
    expect(match('pull_request', opened)).toBe(true);
    expect(match('pull_request', { ...opened, activity: 'labeled' })).toBe(false);
    expect(match('{pull_request: {types: labeled}}', { ...opened, activity: 'labeled' })).toBe(true);
    expect(match('issues', { name: 'issues', activity: 'pinned' })).toBe(true);
    expect(match('{issues: {types: [opened, edited]}}', { name: 'issues', activity: 'pinned' })).toBe(false);
  });

  it('SEM-3.2, trap 4: a branch filter alone refuses tags, and the reverse', () => {
    expect(match('{push: {branches: [main]}}', TAG)).toBe(false);
    expect(match('{push: {branches-ignore: [x]}}', TAG)).toBe(false);
    expect(match('{push: {tags: ["v*"]}}')).toBe(false);
    expect(match('{push: {tags: ["v*"]}}', TAG)).toBe(true);
    expect(match('{push: {tags: ["v*"], branches: [x]}}', TAG)).toBe(true);
    expect(match('{push: {tags: ["v*"], branches: [x]}}')).toBe(false);
    expect(match('push', TAG)).toBe(true);
  });

  it('SEM-3.3, trap 4: path filters do not count for tags, and count beside branches', () => {
    expect(match('{push: {paths: [nothing]}}', TAG)).toBe(true);
    expect(match('{push: {branches: [main], paths: [nothing]}}')).toBe(false);
    expect(match('{push: {branches: [main], paths: ["**.ts"]}}')).toBe(true);
    expect(match('{push: {branches: [other], paths: ["**.ts"]}}')).toBe(false);
  });

  it('SEM-3.10: paths want one selected file, paths-ignore one that is not ignored', () => {
    expect(match('{push: {paths: ["docs/**", "!docs/b.md"]}}')).toBe(false);
    expect(match('{push: {paths-ignore: ["docs/**"]}}')).toBe(true);
    expect(match('{push: {paths-ignore: ["docs/**", "src/**"]}}')).toBe(false);
    expect(match('{push: {paths-ignore: [x]}}', { changedFiles: [] })).toBe(false);
    expect(match('{push: {paths: ["**"]}}', { changedFiles: [] })).toBe(false);
  });

  it('SEM-3.12: unknown changed files count as matched', () => {
    expect(match('{push: {paths: [nothing]}}', { changedFiles: null })).toBe(true);
  });

  it.each([
    '[skip ci]',
    '[ci skip]',
    '[no ci]',
    '[skip actions]',
    '[actions skip]',
  ])('SEM-2.6: %s in the commit message stops push but no dispatch', (mark) => {
    const commitMessage = `fix ${mark}`;
    expect(match('push', { commitMessage })).toBe(false);
    expect(match('workflow_dispatch', { name: 'workflow_dispatch', commitMessage })).toBe(true);
  });

  it('SEM-2.6: the trailer skip-checks stops it only after a blank line at the end', () => {
    expect(match('push', { commitMessage: 'fix\n\n\nskip-checks: true' })).toBe(false);
    expect(match('push', { commitMessage: 'fix\n\nBy: x\nskip-checks:true\n' })).toBe(false);
    expect(match('push', { commitMessage: 'fix\r\n\r\nskip-checks: true\r\n' })).toBe(false);
    expect(match('push', { commitMessage: 'fix skip-checks: true' })).toBe(true);
    expect(match('push', { commitMessage: 'fix\nskip-checks: true' })).toBe(true);
    expect(match('push', { commitMessage: 'fix\n\nskip-checks: true\n\nmore' })).toBe(true);
    expect(match('push', { commitMessage: 'fix\n\nBy: x\nskip-checks: true\n\nmore' })).toBe(true);
  });

  it('SEM-2.8: a deleted ref starts nothing, unless that is wanted', () => {
    expect(match('push', { deleted: true })).toBe(false);
    expect(matchEvent(on('push'), { ...PUSH, deleted: true }, { deletedRefs: true }).triggered).toBe(true);
    expect(match('delete', { name: 'delete', deleted: true })).toBe(true);
  });

  it.each([
    ...['branch_protection_rule', 'check_run', 'check_suite', 'create', 'delete', 'deployment', 'deployment_status'],
    ...['discussion', 'discussion_comment', 'fork', 'gollum', 'image_version', 'issue_comment', 'issues', 'label'],
    ...['merge_group', 'milestone', 'page_build', 'public', 'pull_request', 'pull_request_review'],
    ...['pull_request_review_comment', 'pull_request_target', 'push', 'registry_package', 'release'],
    ...['repository_dispatch', 'schedule', 'status', 'watch', 'workflow_dispatch'],
  ])('SEM-2.4: %s starts a workflow that lists it, and no other', (name) => {
    expect(match(`[${name}]`, { name })).toBe(true);
    expect(match(name === 'push' ? 'fork' : 'push', { name })).toBe(false);
  });

  it('SEM-2.4: no workflow can list an event that GitHub does not know', () => {
    expect(on('[team_add]').errors.map(({ message }) => message)).toEqual(["Unexpected value 'team_add'"]);
    expect(match('[push, fork]', { name: 'team_add' })).toBe(false);
  });

  it('SEM-2.4: a call is no event', () => {
    expect(match('workflow_call', { name: 'workflow_call' })).toBe(false);
    expect(reason('workflow_call')).toBe('It does not run on push, it is only called by other workflows.');
    expect(reason('[workflow_call, fork]')).toBe('It does not run on push, only on fork.');
  });

  it.each([
    'pull_request',
    'pull_request_target',
    'merge_group',
  ])('SEM-3.1: %s tests branches with the base', (name) => {
    const event = { name, activity: name === 'merge_group' ? 'checks_requested' : 'opened' };
    expect(match(`{${name}: {branches: [main]}}`, event)).toBe(true);
    expect(match(`{${name}: {branches: [main]}}`, { ...event, ref: 'refs/heads/next' })).toBe(false);
    expect(match(`{${name}: {branches-ignore: [next]}}`, { ...event, ref: 'refs/heads/next' })).toBe(false);
  });

  it.each(['pull_request', 'pull_request_target'])('SEM-3.1, 3.3: %s tests paths too', (name) => {
    const event = { name, activity: 'synchronize' };
    expect(match(`{${name}: {branches: [main], paths: ["**.ts"]}}`, event)).toBe(true);
    expect(match(`{${name}: {branches: [main], paths: ["**.c"]}}`, event)).toBe(false);
    expect(match(`{${name}: {paths-ignore: ["**"]}}`, event)).toBe(false);
  });

  it('SEM-2.10: workflow_run wants one of the named workflows, any type by default, and the head branch', () => {
    const ended = { name: 'workflow_run', activity: 'completed', workflowName: 'CI' };
    expect(match('{workflow_run: {workflows: [Build, CI]}}', ended)).toBe(true);
    expect(match('{workflow_run: {workflows: CI}}', { ...ended, activity: 'in_progress' })).toBe(true);
    expect(match('{workflow_run: {workflows: [ci]}}', ended)).toBe(false);
    expect(match('{workflow_run: {workflows: [CI], types: [requested]}}', ended)).toBe(false);
    expect(match('{workflow_run: {workflows: [CI], branches: [main]}}', ended)).toBe(true);
    expect(match('{workflow_run: {workflows: [CI], branches: [x]}}', ended)).toBe(false);
    const ofTag = { ...ended, ref: 'refs/tags/v1' };
    expect(match('{workflow_run: {workflows: [CI], branches: ["v*"]}}', ofTag)).toBe(true);
    expect(match('{workflow_run: {workflows: [CI], branches-ignore: ["v*"]}}', ofTag)).toBe(false);
  });

  it.each([
    'workflow_run',
    '{workflow_run: {types: [completed]}}',
    '{workflow_run: {workflows: []}}',
  ])('SEM-2.10: on: %s references no workflows, which is an error', (triggers) => {
    const message = '`on.workflow_run` does not reference any workflows';
    expect(on(triggers).errors).toEqual([expect.objectContaining({ line: 1, message })]);
  });

  it('SEM-4.5: a schedule starts the workflow whose entry fell due', () => {
    const due = { name: 'schedule', cron: '0 4 * * *' };
    expect(match('{schedule: [{cron: "5 4 * * *"}, {cron: "0 4 * * *"}]}', due)).toBe(true);
    expect(match('{schedule: [{cron: "5 4 * * *"}]}', due)).toBe(false);
  });

  it('SEM-2.11: the type of a repository_dispatch is its activity', () => {
    const dispatch = { name: 'repository_dispatch', activity: 'deploy' };
    expect(match('repository_dispatch', dispatch)).toBe(true);
    expect(match('{repository_dispatch: {types: [deploy]}}', dispatch)).toBe(true);
    expect(match('{repository_dispatch: {types: [Deploy]}}', dispatch)).toBe(false);
  });

  it('SEM-2.2: what is not known of an event is not tested', () => {
    expect(match('{pull_request: {types: [labeled]}}', { name: 'pull_request' })).toBe(true);
    expect(match('{workflow_run: {workflows: [CI]}}', { name: 'workflow_run' })).toBe(true);
    expect(match('{schedule: [{cron: "5 4 * * *"}]}', { name: 'schedule' })).toBe(true);
  });

  it('SEM-3.12: looks at all changed files, or at as many as GitHub does', () => {
    const changedFiles = [...Array.from({ length: 300 }, (_, n) => `docs/${n}.md`), 'src/a.ts'];
    const workflow = on('{push: {paths: ["src/**"]}}');
    expect(matchEvent(workflow, { ...PUSH, changedFiles }).triggered).toBe(true);
    expect(matchEvent(workflow, { ...PUSH, changedFiles }, { changedFilesLimit: 300 }).triggered).toBe(false);
  });

  it('SEM-3.12, 3.14: path filters that take too long count as matched, branch filters as not', () => {
    const hostile = '*a+*b?'.repeat(150);
    const changedFiles = Array.from({ length: 200 }, (_, n) => `${'ab'.repeat(1500)}/${n}`);
    const byPath = matchEvent(on(`{push: {paths: ["${hostile}"]}}`), { ...PUSH, changedFiles });
    expect(byPath).toEqual({
      ...{ triggered: true, filter: null, passed: ['paths'] },
      reason: 'It runs on push, and the changed files take too long to test, so paths counts as matched.',
    });
    const many = Array.from({ length: 2000 }, (_, n) => `x${n}`).join();
    const byBranch = matchEvent(on(`{push: {branches: [${many}, main]}}`), PUSH);
    expect(byBranch).toMatchObject({ triggered: false, filter: 'branches' });
    expect(byBranch.reason).toBe('The patterns of its branches take too long to test.');
  });

  it.each<[string, Partial<EventFacts>, EventFilter | null, EventFilter[], string]>([
    ['push', {}, null, [], 'It runs on push.'],
    ['[issues, fork]', {}, 'event', [], 'It does not run on push, only on issues, fork.'],
    ['{push: {branches: [main, x]}}', {}, null, ['branches'], 'It runs on push, and main is in branches: main, x.'],
    ['{push: {branches: [x]}}', {}, 'branches', [], 'main is not in branches: x.'],
    ['{push: {branches-ignore: [ma*]}}', {}, 'branches-ignore', [], 'main is in branches-ignore: ma*.'],
    [
      '{push: {branches-ignore: [x]}}',
      {},
      null,
      ['branches-ignore'],
      'It runs on push, and main is not in branches-ignore: x.',
    ],
    ['{push: {branches: [x]}}', TAG, 'branches', [], 'It filters branches only, and v1.0.0 is a tag.'],
    ['{push: {tags-ignore: [x]}}', {}, 'tags-ignore', [], 'It filters tags only, and main is a branch.'],
    ['{push: {tags: [x]}}', TAG, 'tags', [], 'v1.0.0 is not in tags: x.'],
    [
      '{push: {branches: [main], paths: [x]}}',
      {},
      'paths',
      ['branches'],
      'None of the changed files (src/a.ts, docs/b.md) is in paths: x.',
    ],
    [
      '{push: {paths-ignore: [s*/**, docs/*]}}',
      {},
      'paths-ignore',
      [],
      'All of the changed files (src/a.ts, docs/b.md) are in paths-ignore: s*/**, docs/*.',
    ],
    ['{push: {paths: [x]}}', { changedFiles: [] }, 'paths', [], 'No file was changed, and it has paths: x.'],
    ['{push: {paths: [docs/**, x]}}', {}, null, ['paths'], 'It runs on push, and docs/b.md is in paths: docs/**, x.'],
    [
      '{push: {paths-ignore: [src/**]}}',
      { changedFiles: null },
      null,
      ['paths-ignore'],
      'It runs on push, and which files changed is not known, so paths-ignore counts as matched.',
    ],
    ['push', { deleted: true }, 'deleted', [], 'main was deleted.'],
    ['push', { commitMessage: '[no ci]' }, 'skip-instruction', [], 'The commit message says [no ci].'],
    [
      'pull_request',
      { name: 'pull_request', activity: 'labeled' },
      'types',
      [],
      'labeled is not in types: opened, synchronize, reopened, which it has by default.',
    ],
    [
      '{issues: {types: [opened]}}',
      { name: 'issues', activity: 'opened' },
      null,
      ['types'],
      'It runs on issues, and opened is in types: opened.',
    ],
    [
      '{workflow_run: {workflows: [CI], types: [completed]}}',
      { name: 'workflow_run', activity: 'completed', workflowName: 'Lint' },
      'workflows',
      ['types'],
      'Lint is not in workflows: CI.',
    ],
    [
      '{schedule: [{cron: "5 4 * * *"}]}',
      { name: 'schedule', cron: '0 4 * * *' },
      'cron',
      [],
      'None of its schedules (5 4 * * *) is 0 4 * * *.',
    ],
  ])('says in words and by name which filter decided: %s', (triggers, event, filter, passed, sentence) => {
    const expected = { triggered: filter === null, filter, passed, reason: sentence };
    expect(matchEvent(on(triggers), { ...PUSH, ...event })).toEqual(expected);
  });

  it('cuts long lists in what it says', () => {
    const names = Array.from({ length: 12 }, (_, n) => `b${n}`);
    expect(reason(`{push: {branches: [${names.join()}]}}`)).toBe(
      'main is not in branches: b0, b1, b2, b3, b4, b5, b6, b7, b8, b9 and 2 more.',
    );
  });

  it('says nothing certain of a file that is too broken', () => {
    const match = matchEvent(readWorkflow({ path: 'a', text: '' }), PUSH);
    expect(match).toMatchObject({ triggered: false, filter: null, reason: expect.stringMatching(/too broken/) });
  });

  it('SEM-1.10: answers for a file whose jobs are wrong', () => {
    expect(matchEvent(readWorkflow({ path: 'a', text: 'on: push\njobs: {a: {}}' }), PUSH).triggered).toBe(true);
  });
});
