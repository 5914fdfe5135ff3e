import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest, TestServer } from '../support/server.ts';

const { start, servers } = serversPerTest();

const STEPS = "steps: [{ run: 'true' }]";
const perRun = (concurrency: string): string => `
on: push
concurrency: ${concurrency}
jobs: { deploy: { runs-on: self-hosted, ${STEPS} } }
`;
const perJob = (concurrency: string): string => `
on: push
jobs:
  deploy: { runs-on: self-hosted, concurrency: ${concurrency}, ${STEPS} }
  after: { needs: deploy, if: always(), runs-on: self-hosted, ${STEPS} }
`;

/** Each push is another commit. */
let pushes = 0;
const push = (server: TestServer, workflow: string, ref?: string): Promise<string> =>
  server.pushWorkflow(workflow, { ref, message: `Change ${++pushes}` });

async function pushTimes(server: TestServer, workflow: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await push(server, workflow);
}

let runners = 0;
const takeJob = async (server: TestServer) => {
  const runner = await server.runner(`box-${++runners}`);
  const offer = await runner.waitForJob();
  const { body: message } = await runner.acquire(offer);
  return { message, end: (conclusion = 'succeeded') => runner.complete(message, { conclusion }) };
};

const statesOf = async (server: TestServer): Promise<(string | null)[]> =>
  (await server.runs()).reverse().map(({ status, conclusion }) => conclusion ?? status);

describe('concurrency of a workflow', () => {
  it('SEM-8.2, 8.3: one run at a time; of those that wait only the newest stays', async () => {
    const server = await start();
    await pushTimes(server, perRun('deploy'), 3);
    expect(await statesOf(server)).toEqual(['queued', 'cancelled', 'pending']);
    const [job] = (await server.run(2)).jobs;
    expect(job).toMatchObject({ conclusion: 'cancelled' });
    expect(job?.reason).toMatch(/newer run.*"deploy", in which only one may wait/);
    const { sentences } = await server.explainRun(3);
    expect(sentences.join(' ')).toMatch(/concurrency group "deploy", which run 1 \(Change \d+\) holds/);
    const first = await takeJob(server);
    await first.end();
    expect(await statesOf(server)).toEqual(['success', 'cancelled', 'queued']);
    await (await takeJob(server)).end();
    expect((await server.run(3)).conclusion).toBe('success');
  });

  it('SEM-8.4: cancel-in-progress cancels the holder, and the newcomer starts when that has ended', async () => {
    const server = await start();
    const workflow = perRun('{ group: deploy, cancel-in-progress: true }');
    await push(server, workflow);
    const first = await takeJob(server);
    await push(server, workflow);
    expect(await statesOf(server)).toEqual(['in_progress', 'pending']);
    expect((await server.explainRun(1)).jobs?.[0]?.sentences[0]).toMatch(/is being cancelled/);
    await first.end('canceled');
    expect(await statesOf(server)).toEqual(['cancelled', 'queued']);
  });

  it('SEM-8.4: cancel-in-progress ends a run that no runner has taken at once', async () => {
    const server = await start();
    await pushTimes(server, perRun('{ group: deploy, cancel-in-progress: true }'), 3);
    expect(await statesOf(server)).toEqual(['cancelled', 'cancelled', 'queued']);
  });

  it('SEM-8.3: queue: max keeps all that wait, first come first served', async () => {
    const server = await start();
    await pushTimes(server, perRun('{ group: deploy, queue: max }'), 4);
    expect(await statesOf(server)).toEqual(['queued', 'pending', 'pending', 'pending']);
    for (const expected of [1, 2, 3, 4]) {
      const { message, end } = await takeJob(server);
      expect(message.requestId).toBe((await server.run(expected)).jobs[0]?.id);
      await end();
    }
    expect(await statesOf(server)).toEqual(['success', 'success', 'success', 'success']);
  });

  it('SEM-8.1: groups differ by what the expression gives, and not by case', async () => {
    const server = await start();
    const workflow = perRun("'Deploy-${{ github.ref_name }}'");
    await push(server, workflow, 'one');
    await push(server, workflow, 'two');
    await push(server, perRun('deploy-ONE'), 'three');
    expect(await statesOf(server)).toEqual(['queued', 'queued', 'pending']);
  });

  it('SEM-8.10: is kept over a restart', async () => {
    const before = await start();
    await pushTimes(before, perRun('deploy'), 2);
    await before.stop();
    const after = await TestServer.start({ dataFolder: before.folder });
    servers.splice(servers.indexOf(before), 1, after);
    expect(await statesOf(after)).toEqual(['queued', 'pending']);
    await (await takeJob(after)).end();
    expect(await statesOf(after)).toEqual(['success', 'queued']);
  });

  it('SEM-8.7: a run that is cancelled while it waits ends without a job', async () => {
    const server = await start();
    await pushTimes(server, perRun('deploy'), 2);
    await server.rest('POST', '/switchyard/v1/runs/2/cancel');
    expect(await statesOf(server)).toEqual(['queued', 'cancelled']);
    await (await takeJob(server)).end();
    expect(await statesOf(server)).toEqual(['success', 'cancelled']);
  });

  it('SEM-5.5: a group that cannot be evaluated is a startup failure', async () => {
    const server = await start();
    await push(server, perRun("'${{ fromJSON(github.sha) }}'"));
    const run: RunDetail = await server.run(1);
    expect(run).toMatchObject({ conclusion: 'startup_failure', jobs: [] });
    expect(run.errors[0]?.message).toMatch(/concurrency/);
  });
});

describe('concurrency of a job', () => {
  it('SEM-8.6, 8.7: waits as pending when it is ready; the displaced one counts as cancelled for its dependants', async () => {
    const server = await start();
    await pushTimes(server, perJob('deploy'), 3);
    expect(await server.states(1)).toEqual({ deploy: 'queued', after: 'pending' });
    expect(await server.states(2)).toEqual({ deploy: 'cancelled', after: 'queued' });
    expect(await server.states(3)).toEqual({ deploy: 'pending', after: 'pending' });
    const [waiting] = (await server.explainRun(3)).jobs ?? [];
    expect(waiting?.sentences[0]).toMatch(/concurrency group "deploy", which a job of run 1 \(/);
    const first = await takeJob(server);
    await first.end();
    expect(await server.states(3)).toMatchObject({ deploy: 'queued' });
  });

  it('SEM-8.1: shares one namespace with runs', async () => {
    const server = await start();
    await push(server, perRun('deploy'));
    await push(server, perJob('deploy'));
    expect(await server.states(2)).toMatchObject({ deploy: 'pending' });
    await (await takeJob(server)).end();
    expect(await server.states(2)).toMatchObject({ deploy: 'queued' });
  });

  it('is cancelled at once when it would wait for its own run', async () => {
    const server = await start();
    await push(server, `concurrency: deploy\n${perJob('deploy').trimStart()}`);
    expect(await server.states(1)).toMatchObject({ deploy: 'cancelled' });
    expect((await server.run(1)).jobs[0]?.reason).toMatch(/its own run/);
  });

  it('SEM-8.5: sees the matrix: combinations of one group run one after the other', async () => {
    const server = await start();
    await push(
      server,
      `
on: push
jobs:
  deploy:
    strategy: { matrix: { stage: [a, b], zone: [x, y] } }
    concurrency: { group: 'stage-\${{ matrix.stage }}', queue: max }
    runs-on: self-hosted
    ${STEPS}
`,
    );
    expect(await server.states(1)).toEqual({
      'deploy (a, x)': 'queued',
      'deploy (a, y)': 'pending',
      'deploy (b, x)': 'queued',
      'deploy (b, y)': 'pending',
    });
    for (let job = 0; job < 4; job++) await (await takeJob(server)).end();
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it("SEM-8.8: a called workflow's own group holds its jobs together", async () => {
    const server = await start();
    const callee = `
on: workflow_call
concurrency: release
jobs: { up: { runs-on: self-hosted, ${STEPS} } }
`;
    const files = {
      '.github/workflows/ci.yml': 'on: push\njobs: { ship: { uses: ./.github/workflows/up.yml } }\n',
      '.github/workflows/up.yml': callee,
    };
    await server.push(files, { message: 'One' });
    await server.push(files, { message: 'Two' });
    expect(await server.states(1)).toEqual({ ship: 'in_progress', 'ship / up': 'queued' });
    expect(await server.states(2)).toEqual({ ship: 'pending' });
    await (await takeJob(server)).end();
    expect(await server.states(2)).toEqual({ ship: 'in_progress', 'ship / up': 'queued' });
  });
});
