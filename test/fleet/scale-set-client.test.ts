import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { GitHubClient } from '../../src/github/index.ts';
import {
  closeSession,
  createScaleSet,
  deleteScaleSet,
  findAgent,
  findScaleSet,
  generateScaleSetJitConfig,
  getScaleSet,
  isAsWanted,
  isRefused,
  MessageSession,
  removeAgent,
  ScaleSetConnection,
  scaleSetGroupId,
  updateScaleSet,
} from '../../src/github/scale-sets/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { SimulatedRunner } from '../support/simulated-runner.ts';

const { start } = serversPerTest();

const WANTED = { name: 'arc', runnerGroupId: 1, labels: ['arc', 'gpu'] };
const ON_SET = `on: push\njobs: { build: { runs-on: arc, steps: [{ run: 'true' }] } }\n`;

function connect(server: TestServer, place = 'me/app', clock = systemClock): ScaleSetConnection {
  const client = new GitHubClient({ url: server.url, token: server.token });
  return new ScaleSetConnection({ client, configUrl: `${server.url}/${place}`, clock });
}

describe('the scale-set client against the server', () => {
  it.each([
    'me/app',
    'me',
    'enterprises/switchyard',
  ])('keeps a scale set of %s: makes, finds, changes, deletes it (runner-protocol 10.2)', async (place) => {
    const server = await start();
    await server.pushWorkflow(ON_SET);
    const connection = connect(server, place);
    expect(await scaleSetGroupId(connection, 'default')).toBe(1);
    await expect(scaleSetGroupId(connection, 'nobody')).rejects.toMatchObject({ code: 'no-runner-group' });
    const { id } = await createScaleSet(connection, WANTED);
    const found = await findScaleSet(connection, { name: 'ARC', runnerGroupId: 1 });
    expect(found?.id).toBe(id);
    expect(found && isAsWanted(found, WANTED)).toBe(true);
    await updateScaleSet(connection, id, { ...WANTED, labels: ['arc'] });
    const changed = await getScaleSet(connection, id);
    expect(changed && isAsWanted(changed, WANTED)).toBe(false);
    await deleteScaleSet(connection, id);
    await deleteScaleSet(connection, id);
    expect(await getScaleSet(connection, id)).toBeUndefined();
  });

  it('hears of a job, takes it, starts a runner for it and hears of its end', async () => {
    const server = await start();
    const connection = connect(server, 'enterprises/switchyard');
    const { id } = await createScaleSet(connection, WANTED);
    const session = await MessageSession.open(connection, id, 'listener');
    expect(session.statistics.totalAssignedJobs).toBe(0);
    const told = session.poll(3);
    await server.pushWorkflow(ON_SET);
    const offer = await told;
    expect(offer?.jobs.map(({ messageType }) => messageType)).toEqual(['JobAvailable']);
    // Not acknowledged: told again.
    expect((await session.poll(3))?.id).toBe(offer?.id);
    expect(await session.acquirable()).toEqual([1]);
    expect(await session.acquire([1])).toEqual([1]);
    await session.acknowledge(offer?.id ?? 0);
    const assigned = await session.poll(3);
    expect(assigned).toMatchObject({ statistics: { totalAssignedJobs: 1 }, jobs: [{ messageType: 'JobAssigned' }] });
    await session.acknowledge(assigned?.id ?? 0);
    const { jitConfig } = await generateScaleSetJitConfig(connection, id, { name: 'arc-1', workFolder: '_work' });
    const runner = new SimulatedRunner(jitConfig);
    await runner.connect();
    await runner.runOne();
    const over = await session.poll(3);
    expect(over?.jobs.map(({ messageType }) => messageType)).toEqual(['JobStarted', 'JobCompleted']);
    expect(over?.jobs[1]).toMatchObject({ runnerName: 'arc-1', result: 'succeeded' });
  });

  it('tells names that are taken from other refusals, and removes no runner with a job (NEW-5, NEW-8)', async () => {
    const server = await start();
    const connection = connect(server, 'enterprises/switchyard');
    const { id } = await createScaleSet(connection, WANTED);
    const config = { name: 'arc-1', workFolder: '_work' };
    const { jitConfig, id: runnerId } = await generateScaleSetJitConfig(connection, id, config);
    const again = await generateScaleSetJitConfig(connection, id, config).catch((error: unknown) => error);
    expect(isRefused(again, 'AgentExistsException')).toBe(true);
    expect(await findAgent(connection, 'arc-1')).toMatchObject({ id: runnerId, runnerScaleSetId: id });
    const runner = new SimulatedRunner(jitConfig);
    await runner.connect();
    await server.pushWorkflow(ON_SET);
    await runner.acquire(await runner.waitForJob());
    expect(await removeAgent(connection, runnerId)).toBe('busy');
    const { id: idle } = await generateScaleSetJitConfig(connection, id, { ...config, name: 'arc-2' });
    expect(await removeAgent(connection, idle)).toBe('removed');
    expect(await removeAgent(connection, idle)).toBe('absent');
  });

  it('is refused a session while another listens, and has it once that one is closed (NEW-1)', async () => {
    const server = await start();
    const connection = connect(server, 'enterprises/switchyard');
    const { id } = await createScaleSet(connection, WANTED);
    const first = await MessageSession.open(connection, id, 'first');
    await expect(MessageSession.open(connection, id, 'second')).rejects.toMatchObject({ status: 409 });
    await closeSession(connection, id, first.id);
    await closeSession(connection, id, first.id);
    const second = await MessageSession.open(connection, id, 'second');
    await expect(first.poll(1)).rejects.toMatchObject({ status: 404 });
    await second.close();
  });

  it('changes tokens that run out, of the administrator and of the queue (NEW-7)', async () => {
    const clock = new ManualClock(Date.now());
    const server = await start({ clock });
    const connection = connect(server, 'enterprises/switchyard', clock);
    const { id } = await createScaleSet(connection, WANTED);
    const session = await MessageSession.open(connection, id, 'listener');
    clock.advance(24 * 60 * 60 * 1_000);
    await server.pushWorkflow(ON_SET);
    expect((await session.poll(1))?.jobs).toHaveLength(1);
    expect((await getScaleSet(connection, id))?.name).toBe('arc');
  });
});
