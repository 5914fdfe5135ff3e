import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FleetJobExplanation, JobAtFleet } from '../../src/protocol/dashboard/index.ts';
import { serversPerTest, type TestServer } from '../support/server.ts';
import { TestFleet } from '../support/test-fleet.ts';

const CI = `on: push\njobs: { build: { runs-on: [self-hosted, gpu], steps: [{ run: 'true' }] } }\n`;
const NO_LABEL = 'No pool has the label gpu; the nearest is linux, which lacks gpu.';
const TOLD: FleetJobExplanation = {
  known: { status: 'queued', by: 'session', at: '2026-01-01T00:00:00.000Z', runner: null },
  cause: { code: 'no-pool-has-label', text: NO_LABEL },
  pools: [],
  history: [{ at: '2026-01-01T00:00:00.000Z', text: 'The fleet was told of job 1 by its server.' }],
};

const { start } = serversPerTest();
let server: TestServer;
let fleet: Server | undefined;
let asked: string[];
/** What the fleet answers. */
let answer: { status: number; body: unknown };
let place: (() => Promise<{ url: string; token: string } | undefined>) | undefined;

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: TOLD };
  fleet = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => fleet?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(fleet.address() as AddressInfo).port}`;
  place = async () => ({ url, token: 'of-the-fleet' });
  server = await start({ fleet: async () => place?.() });
  await server.pushWorkflow(CI);
});
afterEach(async () => {
  fleet?.closeAllConnections();
  await new Promise((resolve) => fleet?.close(resolve));
});

const jobAtFleet = (id = 1): Promise<JobAtFleet> => server.rest('GET', `/switchyard/v1/jobs/${id}/explanation/fleet`);

describe("a job's explanation, with the fleet's part", () => {
  it('names the first broken link, with the words of the fleet, and what both have recorded', async () => {
    const { fleet: told, firstBrokenLink, history } = await jobAtFleet();
    expect(told).toEqual(TOLD);
    expect(firstBrokenLink).toEqual({ at: 'fleet', text: NO_LABEL });
    expect(history.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['The fleet was told of job 1 by its server.', 'The event push was taken in.']),
    );
    expect(asked).toEqual(['/explain/jobs?repository=me%2Fapp&id=1&labels=self-hosted%2Cgpu']);
  });

  it('is the server’s alone where no fleet is known, or none had anything to do', async () => {
    place = undefined;
    expect(await jobAtFleet()).toMatchObject({ fleet: null, firstBrokenLink: null });
    await server.rest('POST', '/api/v3/repos/me/app/actions/runs/1/force-cancel');
    place = async () => ({ url: 'http://127.0.0.1:1', token: 'x' });
    expect(await jobAtFleet()).toMatchObject({ fleet: null, firstBrokenLink: null });
  });

  it.each([
    [{ status: 500, body: {} }, 'The fleet cannot be asked: The fleet answered 500.'],
    [
      { status: 200, body: { cause: 'x' } },
      'The fleet cannot be asked: What answers in place of the fleet speaks otherwise.',
    ],
    [{ status: 401, body: {} }, "The fleet cannot be asked: The fleet refuses the server's token."],
  ])('says that the fleet cannot be asked: %j', async (said, problem) => {
    answer = said;
    expect(await jobAtFleet()).toMatchObject({ fleet: { problem }, firstBrokenLink: { at: 'fleet', text: problem } });
  });

  it('does not tell those who do not see everything where pools of others register', async () => {
    const cause = { code: 'no-pool-serves', text: 'No pool serves me/app: they serve secret/place.' };
    answer = { status: 200, body: { ...TOLD, cause } };
    expect((await jobAtFleet()).firstBrokenLink?.text).toContain('secret/place');
    const { token } = await server.rest<{ token: string }>('POST', '/switchyard/v1/tokens', {
      user: 'admin',
      scope: 'read',
      places: ['me/app'],
    });
    const response = await fetch(`${server.url}/switchyard/v1/jobs/1/explanation/fleet`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(((await response.json()) as JobAtFleet).firstBrokenLink?.text).toBe('No pool serves me/app.');
  });

  it('comes from a real fleet', { timeout: 60_000 }, async () => {
    const real = await TestFleet.start(server, 1);
    place = async () => real.place;
    try {
      expect((await jobAtFleet()).firstBrokenLink).toEqual({ at: 'fleet', text: NO_LABEL });
    } finally {
      await real.close();
    }
  });
});
