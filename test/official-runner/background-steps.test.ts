import { describe, expect, it } from 'vitest';
import { OfficialJobs, stepsOf } from './official-jobs.ts';
import { officialRunner } from './official-runner.ts';

const WORKFLOW = `on: push
jobs:
  build:
    runs-on: self-hosted
    steps:
      - id: db
        name: Database
        background: true
        run: echo "address=here" >> $GITHUB_OUTPUT; until test -e go; do sleep 0.05; done
      - { name: Early, run: 'echo "early [\${{ steps.db.outputs.address }}]"; touch go' }
      - { wait: db }
      - { name: Late, run: 'echo "late [\${{ steps.db.outputs.address }}]"' }
      - parallel:
          - { name: One, run: 'touch a; until test -e b; do sleep 0.05; done' }
          - { name: Two, run: 'touch b; until test -e a; do sleep 0.05; done' }
      - { id: server, name: Server, background: true, run: sleep 1000 }
      - { cancel: server }
      - { name: Last, background: true, run: echo last }
`;

const jobs = new OfficialJobs();

/** SEM-18: the messages are the ones that GitHub's own runner reads. */
describe.skipIf(!officialRunner)('background steps on the official runner', () => {
  it('SEM-18.1 to 18.5: run, are waited for and ended', async () => {
    const id = await jobs.push(WORKFLOW);
    await jobs.startRunner(['self-hosted']);
    const run = await jobs.ended(id);
    const [job] = run.jobs;
    expect(job && stepsOf(job)).toEqual([
      'Database: success',
      'Early: success',
      'Wait: success',
      'Late: success',
      'One: success',
      'Two: success',
      'Wait for parallel steps: success',
      'Server: cancelled',
      'Cancel: success',
      'Last: success',
      'Wait for all background steps: success',
    ]);
    expect(run.conclusion).toBe('success');
    const log = job && (await jobs.log(job));
    expect(log).toContain('early []');
    expect(log).toContain('late [here]');
  });
});
