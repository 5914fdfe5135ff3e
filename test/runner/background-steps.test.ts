/** Background steps end to end: the real server, the real runner (SEM-18). */
import { describe, expect, it } from 'vitest';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { ActionJobs } from './action-jobs.ts';
import { processesWith } from './runner-process.ts';

const jobs = new ActionJobs();

const until = (file: string): string => `until test -e ${file}; do sleep 0.02; done`;

describe('background steps', () => {
  it('SEM-18.1, 18.3: run beside the others, and what they set shows at the wait that covers them', async () => {
    const { run, steps, log } = await jobs.run(`
      - { run: 'echo "BEFORE=old" >> $GITHUB_ENV' }
      - id: db
        name: Database
        background: true
        run: |
          echo "address=here" >> $GITHUB_OUTPUT
          echo "DB=up" >> $GITHUB_ENV
          echo "/db/bin" >> $GITHUB_PATH
          echo "it sees BEFORE=$BEFORE"
          touch told
          ${until('go')}
          echo "# done" >> $GITHUB_STEP_SUMMARY
      - run: |
          ${until('told')}
          echo "early: [\${{ steps.db.outcome }}\${{ steps.db.outputs.address }}$DB]"
          case "$PATH" in /db/bin*) echo "early path";; esac
          echo "BEFORE=new" >> $GITHUB_ENV
          touch go
      - { wait: db, name: Wait for it }
      - run: |
          echo "late: [\${{ steps.db.outcome }} \${{ steps.db.outputs.address }} $DB $BEFORE]"
          case "$PATH" in /db/bin*) echo "late path";; esac
`);
    expect(run.conclusion, log).toBe('success');
    expect(log).toContain('it sees BEFORE=old');
    expect(log).toContain('early: []');
    expect(log).not.toMatch(/^early path/m);
    expect(log).toContain('late: [success here up new]');
    expect(log).toMatch(/^late path/m);
    expect(steps).toContain('Wait for it: success');
    expect(log).toContain('Waiting for: Database');
    expect(log).toContain('Database: success');
  });

  it('SEM-18.1: at most ten at once; the eleventh begins when one has ended', async () => {
    const many = Array.from(
      { length: 12 },
      (_, at) => `
      - background: true
        run: |
          touch on-${at}; ls | grep -c '^on-' >> counts; ${until('go')}; rm on-${at}`,
    );
    const { run, log } = await jobs.run(`${many.join('')}
      - run: |
          until test "$(ls | grep -c '^on-')" = 10; do sleep 0.02; done
          sleep 0.3
          echo "at once: $(ls | grep -c '^on-')"
          touch go
      - wait-all:
      - { run: 'echo "in all: $(wc -l < counts)"' }
`);
    expect(run.conclusion, log).toBe('success');
    expect(log).toContain('at once: 10');
    expect(log).toContain('in all: 12');
  });

  it('SEM-18.4: a failure fails the wait and the job; the steps between do not see it', async () => {
    const { run, steps, log } = await jobs.run(`
      - { id: bad, name: Bad, background: true, run: 'touch ended; exit 3' }
      - { name: Between, run: '${until('ended')}; sleep 0.1; echo "between" ' }
      - { id: w, name: Waits, wait: bad }
      - { name: After, run: echo never }
      - { name: On failure, if: failure(), run: 'echo "saw \${{ steps.bad.outcome }} \${{ steps.w.outcome }}"' }
`);
    expect(run.conclusion, log).toBe('failure');
    expect(steps).toEqual([
      'Bad: failure',
      'Between: success',
      'Waits: failure',
      'After: skipped',
      'On failure: success',
    ]);
    expect(log).toContain('saw failure failure');
    expect(log).toContain('"Bad" ended with failure');
  });

  it('SEM-18.2: a wait and a step that tolerate failures let the job go on', async () => {
    const { run, steps, log } = await jobs.run(`
      - { id: a, name: A, background: true, run: exit 1 }
      - { name: Wait A, wait: a, continue-on-error: true }
      - { id: b, name: B, background: true, continue-on-error: true, run: exit 1 }
      - { name: All, wait-all: true }
      - { run: 'echo "\${{ steps.a.outcome }} \${{ steps.b.outcome }} \${{ steps.b.conclusion }}"', name: Last }
`);
    expect(run.conclusion, log).toBe('success');
    expect(steps).toEqual(['A: failure', 'Wait A: success', 'B: success', 'All: success', 'Last: success']);
    expect(log).toContain('failure failure success');
  });

  it('SEM-18.4: what no step waits for is waited for at the end, and a failure there fails the job', async () => {
    const { run, steps, log } = await jobs.run(`
      - { name: Bad, background: true, run: '${until('go')}; exit 1' }
      - { name: Last, run: touch go }
`);
    expect(run.conclusion, log).toBe('failure');
    expect(steps).toEqual(['Bad: failure', 'Last: success', 'Wait for all background steps: failure']);
  });

  it('SEM-18.5: cancel ends a step with signals, and that does not count; a failure before does', async () => {
    const { run, steps, log } = await jobs.run(`
      - { id: server, name: Server, background: true, run: "trap 'echo asked to end; exit 9' INT; touch up; while true; do sleep 0.02; done" }
      - { run: '${until('up')}', name: Up }
      - { cancel: server }
      - { run: 'echo "server: \${{ steps.server.outcome }}"', name: After }
`);
    expect(run.conclusion, log).toBe('success');
    expect(steps).toEqual(['Server: cancelled', 'Up: success', 'Cancel: success', 'After: success']);
    expect(log).toContain('asked to end');
    expect(log).toContain('server: cancelled');
    const { run: second, steps: failed } = await jobs.run(`
      - { id: server, name: Server, background: true, run: 'exit 1' }
      - { name: Up, run: sleep 0.5 }
      - { cancel: server }
      - { name: After, run: echo }
`);
    expect(failed).toEqual(['Server: failure', 'Up: success', 'Cancel: success', 'After: success']);
    expect(second.conclusion).toBe('failure');
  });

  it('SEM-18.2: parallel runs its steps side by side and waits for them', async () => {
    const { run, steps, log } = await jobs.run(`
      - parallel:
          - { id: one, name: One, run: 'touch a; ${until('b')}; echo "v=1" >> $GITHUB_OUTPUT' }
          - { id: two, name: Two, run: 'touch b; ${until('a')}; echo "v=2" >> $GITHUB_OUTPUT' }
      - { name: Sum, run: 'echo "sum: \${{ steps.one.outputs.v }}\${{ steps.two.outputs.v }}"' }
`);
    expect(run.conclusion, log).toBe('success');
    expect(steps).toEqual(['One: success', 'Two: success', 'Wait for parallel steps: success', 'Sum: success']);
    expect(log).toContain('sum: 12');
  });

  it('SEM-18.6: composite actions in the background have their env for themselves, and posts run after all', async () => {
    await jobs.push('me/tool', {
      'action.yml': `name: x
runs:
  using: composite
  steps:
    - { shell: bash, run: 'echo "MINE=\${{ github.action_path }}" >> $GITHUB_ENV; touch set' }
    - { shell: bash, run: '${until('go')}; test -n "$MINE" && echo "inside it is set"' }
    - uses: me/post@v1
`,
    });
    await jobs.push('me/post', {
      'action.yml': 'name: y\nruns: { using: node20, main: main.js, post: post.js }',
      'main.js': 'console.log("main")',
      'post.js': 'console.log("post of it")',
    });
    const { run, steps, log } = await jobs.run(`
      - { id: tool, background: true, uses: me/tool@v1 }
      - { run: '${until('set')}; echo "outside: [$MINE]"; touch go', name: Outside }
`);
    expect(run.conclusion, log).toBe('success');
    expect(log).toContain('inside it is set');
    expect(log).toContain('outside: []');
    expect(steps.slice(-2)).toEqual(['Wait for all background steps: success', 'Post Run me/tool@v1: success']);
    expect(log).toContain('post of it');
  });

  it('SEM-19.4: a time-out ends a background step, and counts', async () => {
    const { run, steps, log } = await jobs.run(`
      - { name: Slow, background: true, timeout-minutes: 0.01, run: sleep 100 }
      - { name: Quick, run: echo }
`);
    expect(run.conclusion, log).toBe('failure');
    expect(steps).toEqual(['Slow: failure', 'Quick: success', 'Wait for all background steps: failure']);
    expect(log).toContain("The action 'Slow' has timed out after 0.01 minutes.");
  });

  it('SEM-18, 28.2: cancelling the job ends all of them, and no process is left', async () => {
    const mark = `background-${process.pid}`;
    const running = jobs.run(`
      - { name: One, background: true, run: 'bash -c "touch up; sleep 1000; echo ${mark}"' }
      - { name: Two, background: true, if: always(), run: 'bash -c "sleep 1000; echo ${mark}"' }
      - { name: Waits, wait-all: true }
      - { name: Always, if: always(), run: echo still }
`);
    const id = await waitFor('the steps to run', async () => {
      const [newest] = await jobs.server.runs();
      return processesWith(mark).length >= 2 && newest?.id;
    });
    const path = `/api/v3/repos/me/app/actions/runs/${id}/cancel`;
    await call('POST', `${jobs.server.url}${path}`, { token: jobs.server.token });
    const { run, steps, log } = await running;
    expect(run.conclusion, log).toBe('cancelled');
    expect(steps).toEqual(['One: cancelled', 'Two: cancelled', 'Waits: cancelled', 'Always: success']);
    expect(processesWith(mark)).toEqual([]);
  });

  it('SEM-25: masks that a background step adds count for all', async () => {
    const { log } = await jobs.run(`
      - { background: true, run: 'echo "::add-mask::hidden-thing"; touch masked' }
      - { run: '${until('masked')}; sleep 0.2; echo "it is hidden-thing" | sed s/is/was/' }
`);
    expect(log).toContain('it was ***');
  });
});
