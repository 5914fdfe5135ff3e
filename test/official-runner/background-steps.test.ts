import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';

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

/** SEM-18: the messages are the ones that GitHub's own runner reads. */
describe.skipIf(!officialRunner)('background steps on the official runner', () => {
  let server: TestServer;
  let runner: OfficialRunner;
  let run: RunDetail;

  beforeAll(async () => {
    server = await TestServer.start();
    await server.pushWorkflow(WORKFLOW);
    runner = await OfficialRunner.start(
      join(server.folder, 'official'),
      await server.jitConfig('official', ['self-hosted']),
    );
    run = await waitFor(
      'the run to end',
      async () => {
        const [newest] = await server.runs();
        return newest?.status === 'completed' && (await server.run(newest.id));
      },
      90_000,
    );
  }, 120_000);
  afterAll(async () => {
    await runner?.close();
    await server?.close();
  });

  it('SEM-18.1 to 18.5: run, are waited for and ended', async () => {
    const [job] = run.jobs;
    const steps = job?.steps.filter(({ name }) => !/^(Set up|Complete) job$/.test(name)) ?? [];
    expect(steps.map(({ name, conclusion }) => `${name}: ${conclusion}`)).toEqual([
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
    const url = `${server.url}/switchyard/v1/jobs/${job?.id}/log`;
    const log = await (await fetch(url, { headers: { authorization: `Bearer ${server.token}` } })).text();
    expect(log).toContain('early []');
    expect(log).toContain('late [here]');
  });
});
