import { describe, expect, it } from 'vitest';
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
    expect(match('push', { commitMessage: 'fix skip-checks: true' })).toBe(true);
    expect(match('push', { commitMessage: 'fix\n\nskip-checks: true\n\nmore' })).toBe(true);
  });

  it('SEM-2.8: a deleted ref starts nothing', () => {
    expect(match('push', { deleted: true })).toBe(false);
  });

  it('says in words which filter decided', () => {
    expect(reason('push')).toBe('It runs on push.');
    expect(reason('[issues, fork]')).toBe('It does not run on push, only on issues, fork.');
    expect(reason('{push: {branches: [main, x]}}')).toBe('It runs on push, and main is in branches: main, x.');
    expect(reason('{push: {branches: [x]}}')).toBe('main is not in branches: x.');
    expect(reason('{push: {branches-ignore: [ma*]}}')).toBe('main is in branches-ignore: ma*.');
    expect(reason('{push: {branches: [x]}}', TAG)).toBe('It filters branches only, and v1.0.0 is a tag.');
    expect(reason('{push: {paths: [x]}}')).toBe('No changed file is in paths: x.');
    expect(reason('push', { deleted: true })).toBe('main was deleted.');
    expect(matchEvent(readWorkflow({ path: 'a', text: '' }), PUSH).reason).toMatch(/too broken/);
  });

  it('SEM-1.10: answers for a file whose jobs are wrong', () => {
    expect(matchEvent(readWorkflow({ path: 'a', text: 'on: push\njobs: {a: {}}' }), PUSH).triggered).toBe(true);
  });
});
