import { describe, expect, it } from 'vitest';
import { lintWorkflows } from '../lint.ts';
import { FILE, foundBy, job, step } from '../testing/found-by.ts';

const JOBS = 'jobs: { a: { runs-on: x, steps: [{ run: x }] } }';
const call = (keys: string): string => `on: push\njobs:\n  a: { ${keys} }\n`;

/** Rules of everything that is found in a file, with others beside it. */
function rulesOf(text: string, beside: Record<string, string> = {}): string[] {
  const others = Object.entries(beside).map(([name, other]) => ({ path: `.github/workflows/${name}`, text: other }));
  const files = [{ path: FILE, text }, ...others];
  const known = { repository: 'a/b', isComplete: true, runners: null, hasHostedRunners: true };
  return [...new Set(lintWorkflows({ files, only: FILE, ...known }).findings.map(({ rule }) => rule))];
}

describe('what reading finds', () => {
  it.each([
    ['syntax', 'SEM-1.7: an unknown key', `on: push\nname: x\nnmae: y\n${JOBS}`],
    ['syntax', 'broken YAML', 'on: push\njobs: [\n'],
    ['syntax', 'an empty file', ''],
    ['syntax', 'SEM-1.11: no jobs', 'on: push\n'],
    ['needs', 'SEM-9.1: an unknown need', job('needs: ghost', 'runs-on: x', 'steps: [{ run: x }]')],
    ['needs', 'SEM-9.1: a job that needs itself', job('needs: build', 'runs-on: x', 'steps: [{ run: x }]')],
    ['expression', 'SEM-20.17: a broken expression', step('run: ${{ 1 == }}')],
    ['expression', 'SEM-21.4: a context out of place', job('runs-on: ${{ secrets.x }}', 'steps: [{ run: x }]')],
    ['expression', 'SEM-20.4: an unknown function', step('run: ${{ upper(github.ref) }}')],
    ['expression', 'SEM-20.4: an unknown context in a condition', step('run: x', 'if: nope.x')],
    ['glob', 'SEM-3.6: a quantifier with nothing before it', `on: { push: { branches: ['+x'] } }\n${JOBS}`],
    ['glob', 'SEM-3.1: a filter and its opposite', `on: { push: { tags: [a], tags-ignore: [b] } }\n${JOBS}`],
    ['cron', 'SEM-4.1: a cron that is none', `on: { schedule: [{ cron: '@daily' }] }\n${JOBS}`],
    [
      'cron',
      'SEM-4.3: an unknown time zone',
      `on: { schedule: [{ cron: '0 5 * * *', timezone: Mars/Base }] }\n${JOBS}`,
    ],
    ['schedule', 'SEM-4.4: more often than every 5 minutes', `on: { schedule: [{ cron: '* * * * *' }] }\n${JOBS}`],
    ['schedule', 'SEM-4.1: a date that does not exist', `on: { schedule: [{ cron: '0 0 30 2 *' }] }\n${JOBS}`],
    ['always-true', 'SEM-9.4, trap 5: text around an expression', step('run: x', 'if: ${{ false }} && true')],
    ['call', 'SEM-11.1: a call of no workflow', call('uses: ./somewhere/x.yml')],
    ['call', 'SEM-11.1: a call of a file that does not exist', call('uses: ./.github/workflows/ghost.yml')],
    ['call', 'SEM-11.2: a call of a workflow that cannot be called', call('uses: ./.github/workflows/other.yml')],
    ['call', 'SEM-11.4: an input that is missing', call('uses: ./.github/workflows/called.yml')],
    [
      'call',
      'SEM-11.5: a secret that is unknown',
      call('uses: ./.github/workflows/called.yml, with: { n: 1 }, secrets: { x: y }'),
    ],
    ['call', 'SEM-11.3: a call of itself', call(`uses: ./${FILE}`).replace('on: push', 'on: [push, workflow_call]')],
    [
      'concurrency-deadlock',
      'SEM-8.8: the group of the caller',
      `concurrency: g\n${call('uses: ./.github/workflows/grouped.yml')}`,
    ],
    [
      'concurrency-deadlock',
      'SEM-8.1: the group of the workflow',
      `concurrency: g\n${job('concurrency: G', 'runs-on: x', 'steps: [{ run: x }]')}`,
    ],
  ])('%s: %s', (rule, _, text) => {
    const beside = {
      'other.yml': `on: push\n${JOBS}`,
      'called.yml': `on: { workflow_call: { inputs: { n: { type: number, required: true } } } }\n${JOBS}`,
      'grouped.yml': `on: workflow_call\nconcurrency: g\n${JOBS}`,
    };
    expect(rulesOf(text, beside)).toEqual([rule]);
  });

  it('SEM-8.8: different groups of caller and called workflow are no deadlock', () => {
    const text = `concurrency: other\n${call('uses: ./.github/workflows/grouped.yml')}`;
    expect(rulesOf(text, { 'grouped.yml': `on: workflow_call\nconcurrency: g\n${JOBS}` })).toEqual([]);
  });

  it('finds nothing in a file that is right', () => {
    expect(rulesOf(step('run: echo "${{ github.sha }}"', 'if: github.ref != null'))).toEqual([]);
  });

  it('says nothing of a call of another repository, which it cannot see', () => {
    expect(rulesOf(call('uses: a/b/.github/workflows/x.yml@v1'))).toEqual([]);
  });

  it('says nothing of a call of an unknown file while not all files are known', () => {
    expect(foundBy('call', call('uses: ./.github/workflows/ghost.yml'), { isComplete: false })).toEqual([]);
  });
});
