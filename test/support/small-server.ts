import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import { type Clock, systemClock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/log.ts';
import { registerAccess, type UserScope } from '../../src/server/auth/access.ts';
import { loadKeys } from '../../src/server/auth/keys.ts';
import { Changes } from '../../src/server/changes.ts';
import type { ServerContext } from '../../src/server/context.ts';
import type { EventOutcome, IncomingEvent } from '../../src/server/engine/engine.ts';
import { DefaultBranches } from '../../src/server/events/default-branches.ts';
import { Schedules } from '../../src/server/events/schedules.ts';
import { GitRepositories } from '../../src/server/git/index.ts';
import { RateLimits } from '../../src/server/limits/rate-limits.ts';
import { LiveLogs } from '../../src/server/runner-service/live-logs.ts';
import { Turns } from '../../src/server/turns.ts';
import { WorkflowFiles } from '../../src/server/workflow-files/workflow-files.ts';
import { WorkflowReader } from '../../src/server/workflow-files/workflow-reader.ts';
import { FolderBlobs } from '../../src/store/blobs-folder.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createToken } from '../../src/store/tokens.ts';
import { ensureUser } from './users.ts';

/** What the surfaces ask of the engine, taken down; the test decides the answers. */
export class FakeEngine {
  readonly events: IncomingEvent[] = [];
  readonly cancelled: { runId: number; by: string }[] = [];
  /** For what is stored alongside events. */
  db: Database | undefined;
  readonly #accepted = new Set<string>();
  answer: (
    event: IncomingEvent,
  ) => Omit<EventOutcome, 'alreadyAccepted'> | Promise<Omit<EventOutcome, 'alreadyAccepted'>> = () => ({
    runs: [],
    notStarted: [],
  });

  async acceptEvents(events: IncomingEvent[], alongside?: (db: Database) => Promise<void>): Promise<EventOutcome[]> {
    const outcomes: EventOutcome[] = [];
    for (const event of events) outcomes.push(await this.acceptEvent(event));
    if (this.db && outcomes.some(({ alreadyAccepted }) => !alreadyAccepted)) await alongside?.(this.db);
    return outcomes;
  }

  async acceptEvent(event: IncomingEvent): Promise<EventOutcome> {
    if (this.#accepted.has(event.key)) return { runs: [], notStarted: [], alreadyAccepted: true };
    const answer = await this.answer(event);
    this.#accepted.add(event.key);
    this.events.push(event);
    return { ...answer, alreadyAccepted: false };
  }

  async cancelRun(runId: number, by: string): Promise<void> {
    this.cancelled.push({ runId, by });
  }

  isRunning = async (): Promise<boolean> => true;

  readonly views = {
    runners: async (): Promise<unknown[]> => [],
    runner: async (): Promise<undefined> => undefined,
    explainRun: async (id: number) => explanation('run', id),
    explainJob: async (id: number) => explanation('job', id),
    warningsOf: async (): Promise<unknown[]> => [],
    reasonOf: ({ reason }: { reason: string | null }) => reason,
  };
}

function explanation(kind: 'run' | 'job', id: number) {
  return { subject: { kind, id, name: 'x' }, status: 'queued', conclusion: null, sentences: ['Because.'], history: [] };
}

export interface SmallServer {
  app: FastifyInstance;
  context: ServerContext;
  engine: FakeEngine;
  url: string;
  dataFolder: string;
  token(scope: UserScope, name?: string): Promise<string>;
  close(): Promise<void>;
}

/** A server with the surfaces that `register` adds, a real store, and an engine that only takes things down. */
export async function startSmallServer(
  register: (app: FastifyInstance, context: ServerContext) => Promise<void>,
  options: {
    dataFolder?: string;
    loopbackOnly?: boolean;
    clock?: Clock;
    webhookSecret?: string;
    rateLimit?: number;
  } = {},
): Promise<SmallServer> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'switchyard-server-')));
  const clock = options.clock ?? systemClock;
  const db = await openDatabase(join(dataFolder, 'server.db'));
  const engine = new FakeEngine();
  engine.db = db;
  const changes = new Changes();
  const git = new GitRepositories(dataFolder, db, clock);
  const reader = new WorkflowReader();
  const files = new WorkflowFiles(git, reader);
  const branches = new DefaultBranches(git, files);
  const parts = { db, clock, engine, branches, logger: silentLogger };
  const context = {
    settings: {
      publicUrl: '',
      dataFolder,
      enterprise: 'switchyard',
      loopbackOnly: options.loopbackOnly ?? false,
      webhookSecrets: options.webhookSecret ? [options.webhookSecret] : [],
    },
    db,
    blobs: new FolderBlobs(join(dataFolder, 'blobs')),
    keys: await loadKeys(dataFolder),
    git,
    files,
    engine,
    changes,
    branches,
    schedules: new Schedules({ ...parts, publicUrl: () => context.settings.publicUrl }),
    turns: new Turns(),
    liveLogs: new LiveLogs(dataFolder),
    rateLimits: new RateLimits(options.rateLimit ?? 0, clock),
    clock,
    logger: silentLogger,
    fleet: async () => undefined,
    closing: new AbortController().signal,
  } as unknown as ServerContext;
  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  registerAccess(app, context);
  await register(app, context);
  await app.listen({ port: 0, host: '127.0.0.1' });
  context.settings.publicUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    app,
    context,
    engine,
    url: context.settings.publicUrl,
    dataFolder,
    async token(scope, name = 'alice') {
      await ensureUser(db, name);
      return createToken(db, { kind: 'user', subject: name, scopes: scope, expiresAt: null }, clock.now());
    },
    async close() {
      await app.close();
      await context.liveLogs.close();
      await reader.close();
      await db.destroy();
      if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
