import { describe, expect, it } from 'vitest';
import type { ScaleSet } from '../../src/protocol/github/scale-sets.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ScaleSetClient } from '../support/scale-set-client.ts';
import { serversPerTest, TestServer } from '../support/server.ts';
import { SimulatedRunner } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';

const { servers, start } = serversPerTest();

const ON_SET = `on: push\njobs: { build: { runs-on: arc, steps: [{ run: 'true' }] } }\n`;
const MATRIX = `on: push\njobs: { build: { runs-on: arc, strategy: { matrix: { n: [1, 2, 3] } }, steps: [{ run: 'true' }] } }\n`;

async function withSet(options: Parameters<typeof start>[0] = {}) {
  const server = await start(options);
  const client = await ScaleSetClient.connect(server);
  const set = await client.create('arc');
  return { server, client, set };
}

async function connect(jitConfig: string): Promise<SimulatedRunner> {
  const runner = new SimulatedRunner(jitConfig);
  await runner.connect();
  return runner;
}

describe('scale sets', () => {
  it('are made, found by name and group, changed and deleted, each place its own', async () => {
    const { server, client, set } = await withSet();
    expect(set).toMatchObject({ name: 'arc', runnerGroupName: 'Default', labels: [{ type: 'System', name: 'arc' }] });
    const found = await client.list<ScaleSet>('runtime/runnerscalesets?runnerGroupId=1&name=ARC');
    expect(found.value.map(({ id }) => id)).toEqual([set.id]);
    expect((await client.list('runtime/runnergroups/?groupName=default')).count).toBe(1);
    expect((await client.call('POST', 'runtime/runnerscalesets', { name: 'arc' })).status).toBe(409);
    const other = await ScaleSetClient.connect(server, 'orgs/you');
    expect((await other.list('runtime/runnerscalesets')).count).toBe(0);
    expect(await other.call('GET', `runtime/runnerscalesets/${set.id}`)).toMatchObject({
      status: 404,
      body: { typeName: expect.stringContaining('RunnerScaleSetNotFoundException') },
    });
    await client.ok('PATCH', `runtime/runnerscalesets/${set.id}`, { name: 'arc-2', runnerGroupId: 1 });
    expect(await client.ok('GET', `runtime/runnerscalesets/${set.id}`)).toMatchObject({ name: 'arc-2' });
    await client.ok('DELETE', `runtime/runnerscalesets/${set.id}`);
    expect((await client.list('runtime/runnerscalesets')).count).toBe(0);
  });

  it('are told of a job from the queue to its end, and run it on a runner made for it', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    const told = listener.next();
    await server.pushWorkflow(ON_SET);
    expect(await told).toEqual(['JobAvailable build']);
    expect(listener.statistics).toMatchObject({ totalAvailableJobs: 1, totalAssignedJobs: 0 });
    expect(await listener.acquire(1)).toEqual([1]);
    expect(await listener.next()).toEqual(['JobAssigned build']);
    expect(listener.statistics).toMatchObject({ totalAvailableJobs: 0, totalAcquiredJobs: 1, totalAssignedJobs: 1 });
    const runner = await connect(await client.jitConfig(set, 'arc-runner-1'));
    await runner.runOne();
    expect(await listener.next()).toEqual(['JobStarted build', 'JobCompleted build']);
    expect(listener.statistics).toMatchObject({ totalAssignedJobs: 0, totalRegisteredRunners: 0 });
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('keep a job that they have taken from every other runner, and say so', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    await server.pushWorkflow(ON_SET);
    await listener.next();
    await listener.acquire(1);
    const foreign = await server.runner('box', ['arc']);
    const polling = foreign.poll();
    const { jobs } = await server.explainRun(1);
    expect(jobs?.[0]?.sentences[1]).toBe('The scale set arc has taken it and is to start a runner for it.');
    const runner = await connect(await client.jitConfig(set, 'arc-runner-1'));
    await runner.runOne();
    await server.stop();
    expect((await polling).body).toBe('');
  });

  it('tell again what was not acknowledged, and with a new session what waits', async () => {
    const { server, client, set } = await withSet();
    const first = await client.listen(set);
    await server.pushWorkflow(MATRIX);
    const [once, again] = [await first.poll(), await first.poll()];
    expect(again.message?.messageId).toBe(once.message?.messageId);
    expect(once.jobs).toHaveLength(3);
    await first.acquire(1);
    const second = await client.listen(set);
    expect(second.statistics).toMatchObject({ totalAvailableJobs: 2, totalAssignedJobs: 1 });
    expect((await second.poll()).jobs.map(({ runnerRequestId }) => runnerRequestId)).toEqual([2, 3]);
    expect((await first.poll()).status).toBe(404);
  });

  it('give no more jobs than the listener has room for, and none twice', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    listener.capacity = 2;
    await server.pushWorkflow(MATRIX);
    await listener.next();
    expect(await listener.acquire(1, 2, 3)).toEqual([1, 2]);
    expect(await listener.acquire(1, 2, 3)).toEqual([1, 2]);
    const other = await client.create('other', ['arc']);
    const rival = await client.listen(other);
    expect(await rival.acquire(1, 2, 3)).toEqual([3]);
  });

  it('are offered again what there was no room for, as soon as there is', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    listener.capacity = 1;
    await server.pushWorkflow(MATRIX);
    expect(await listener.next()).toHaveLength(3);
    expect(await listener.acquire(1, 2, 3)).toEqual([1]);
    expect(await listener.next()).toEqual(['JobAssigned build (1)']);
    await (await connect(await client.jitConfig(set, 'arc-runner-1'))).runOne();
    expect(await listener.next()).toEqual(['JobStarted build (1)', 'JobCompleted build (1)', 'JobAvailable build (2)']);
    expect(await listener.acquire(2)).toEqual([2]);
  });

  it('have one listener: a second is refused while the first is there, and takes its place when it is silent', async () => {
    const clock = new ManualClock(Date.now());
    const { client, set } = await withSet({ clock });
    await client.listen(set, 'first');
    const path = `runtime/runnerscalesets/${set.id}/sessions`;
    expect((await client.call('POST', path, { ownerName: 'second' })).status).toBe(409);
    clock.advance(80_000);
    expect((await client.call('POST', path, { ownerName: 'second' })).status).toBe(200);
  });

  it('answer a poll without news with 202 after its time', async () => {
    const clock = new ManualClock(Date.now());
    const { client, set } = await withSet({ clock });
    const listener = await client.listen(set);
    const polling = listener.poll();
    await waitFor('the poll', async () => clock.pending > 0);
    const timer = setInterval(() => clock.advance(10_000), 20);
    expect((await polling).status).toBe(202);
    clearInterval(timer);
  });

  it('keep what they have taken over a restart of the server', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    await server.pushWorkflow(ON_SET);
    await listener.next();
    await listener.acquire(1);
    const port = Number(new URL(server.url).port);
    await server.stop();
    const again = await TestServer.start({ dataFolder: server.folder, port });
    servers.push(again);
    expect(await listener.next()).toEqual(['JobAssigned build']);
    expect(listener.statistics.totalAssignedJobs).toBe(1);
  });

  it('let their jobs go when they are deleted', async () => {
    const { server, client, set } = await withSet();
    const listener = await client.listen(set);
    await server.pushWorkflow(ON_SET);
    await listener.next();
    await listener.acquire(1);
    await client.ok('DELETE', `runtime/runnerscalesets/${set.id}`);
    await (await server.runner('box', ['arc'])).runOne();
    expect((await server.run(1)).conclusion).toBe('success');
  });

  it('say that nobody listens where that is why a job waits', async () => {
    const { server } = await withSet();
    await server.pushWorkflow(ON_SET);
    const { jobs } = await server.explainRun(1);
    expect(jobs?.[0]?.sentences[1]).toBe('Nobody listens for the scale set arc, which could take it.');
  });

  it('find and remove runners, but none that runs a job', async () => {
    const { server, client, set } = await withSet();
    const runner = await connect(await client.jitConfig(set, 'arc-runner-1'));
    const agents = 'distributedtask/pools/0/agents';
    const [agent] = (await client.list<{ id: number }>(`${agents}?agentName=arc-runner-1`)).value;
    expect(agent).toMatchObject({ name: 'arc-runner-1', runnerScaleSetId: set.id });
    await server.pushWorkflow(ON_SET);
    await runner.acquire(await runner.waitForJob());
    expect(await client.call('DELETE', `${agents}/${agent?.id}`)).toMatchObject({
      status: 400,
      body: { typeName: expect.stringContaining('JobStillRunningException') },
    });
    await client.jitConfig(set, 'idle');
    const [idle] = (await client.list<{ id: number }>(`${agents}?agentName=idle`)).value;
    await client.ok('DELETE', `${agents}/${idle?.id}`);
    expect((await client.call('GET', `${agents}/${idle?.id}`)).body).toMatchObject({
      typeName: expect.stringContaining('AgentNotFoundException'),
    });
    expect(
      await client.call('POST', `runtime/runnerscalesets/${set.id}/generatejitconfig`, { name: 'arc-runner-1' }),
    ).toMatchObject({ status: 409, body: { typeName: expect.stringContaining('AgentExistsException') } });
  });
});
