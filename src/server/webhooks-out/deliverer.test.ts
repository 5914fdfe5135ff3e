import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { isoTime } from '../../common/clock.ts';
import { silentLogger } from '../../common/log.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { addMessage, type HookRow, insertHook } from '../../store/hooks.ts';
import { loadKeys, type ServerKeys } from '../auth/keys.ts';
import { messageFor } from './announcer.ts';
import { Deliverer } from './deliverer.ts';

const MESSAGES = 1_000;
const JOBS = 150;
/** In the middle, the server stops and starts again. */
const RESTART_AFTER = 400;
const MOST_FAILURES = 3;

/** How a receiver fails: it says so, sends elsewhere, hangs up unheard, or takes the message and hangs up. */
const FAILURES = ['500', '302', 'hang-up', 'taken-and-hang-up'] as const;
type Failure = (typeof FAILURES)[number];

let folder: string;
let db: Database;
let keys: ServerKeys;
let receiver: Server;
/** Payloads in the order in which they were heard. */
let heard: { job: number; number: number }[];
/** By number of the message, what is still to go wrong with it. */
let failures: Map<number, Failure[]>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-deliverer-'));
  db = await openDatabase(join(folder, 'test.db'));
  keys = await loadKeys(folder);
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    hear(JSON.parse(Buffer.concat(chunks).toString('utf8')), response);
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await db.destroy();
  await rm(folder, { recursive: true });
});

function hear(payload: { job: number; number: number }, response: ServerResponse): void {
  const failure = failures.get(payload.number)?.shift();
  if (failure !== 'hang-up') heard.push(payload);
  if (failure === 'hang-up' || failure === 'taken-and-hang-up') response.destroy();
  else if (failure) response.writeHead(Number(failure), { location: '/elsewhere' }).end();
  else response.writeHead(202).end();
}

async function hookAt(at: string): Promise<HookRow> {
  const { port } = receiver.address() as AddressInfo;
  const facts = { url: `http://127.0.0.1:${port}/`, content_type: 'json', insecure_ssl: 0, secret: null } as const;
  const rest = { place: 'enterprise', events: '["*"]', active: 1, created_at: at, updated_at: at } as const;
  return insertHook(db, { ...facts, ...rest });
}

it('a thousand messages reach a receiver that fails at random: each at least once, and in order for each job', async () => {
  const clock = new ManualClock();
  const at = isoTime(clock.now());
  const hook = await hookAt(at);
  const failing = fc.array(fc.constantFrom(...FAILURES), { maxLength: MOST_FAILURES });
  const drawn = fc.sample(fc.tuple(fc.integer({ min: 1, max: JOBS }), failing), MESSAGES);
  const sent = drawn.map(([job], index) => ({ job, number: index + 1 }));
  failures = new Map(drawn.map(([, failures], index) => [index + 1, [...failures]]));
  heard = [];
  await db.transaction().execute(async (transaction) => {
    for (const payload of sent) {
      const notice = { event: 'workflow_job', repositoryId: 1, orderKey: `job:${payload.job}` };
      await addMessage(transaction, messageFor(hook, notice, payload, at));
    }
  });

  const options = { db, clock, keys, logger: silentLogger };
  let deliverer = new Deliverer(options);
  deliverer.start();
  const goOn = (what: string, isDone: () => Promise<boolean>) =>
    waitFor(
      what,
      async () => {
        clock.advance(3_600_000);
        return isDone();
      },
      100_000,
    );
  await goOn('a part', async () => heard.length >= RESTART_AFTER);
  await deliverer.close();
  deliverer = new Deliverer(options);
  deliverer.start();
  await goOn('all', async () => (await states()).every((state) => state !== 'pending'));
  await deliverer.close();

  expect(new Set(await states())).toEqual(new Set(['delivered']));
  expect(new Set(heard.map(({ number }) => number)).size).toBe(MESSAGES);
  for (let job = 1; job <= JOBS; job++) {
    const told = heard.filter((payload) => payload.job === job).map(({ number }) => number);
    expect(told).toEqual(told.toSorted((one, other) => one - other));
  }
}, 120_000);

const states = async (): Promise<string[]> =>
  (await db.selectFrom('hook_messages').select('state').execute()).map(({ state }) => state);
