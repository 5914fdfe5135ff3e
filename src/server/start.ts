import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { type Clock, systemClock } from '../common/clock.ts';
import { hasErrorCode, UserError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { isLoopbackName } from '../common/loopback.ts';
import { Notifier } from '../common/notifications/index.ts';
import { booleanSetting, numberSetting, webhookSecrets } from '../common/settings.ts';
import { hasCertificate } from '../common/tls/files.ts';
import { FolderBlobs } from '../store/blobs-folder.ts';
import { openDatabase } from '../store/database.ts';
import { ensureDefaultGroup } from '../store/runners.ts';
import type { FilterOptions } from '../workflow/index.ts';
import { registerAccess } from './auth/access.ts';
import { ensureAdminToken } from './auth/admin-token.ts';
import { KeyPool } from './auth/key-pool.ts';
import { loadKeys } from './auth/keys.ts';
import { Changes } from './changes.ts';
import { Connections } from './connections.ts';
import type { ServerContext, ServerSettings } from './context.ts';
import { type FindFleet, fleetOfSettings } from './dashboard/fleet-api.ts';
import { Engine } from './engine/engine.ts';
import { DefaultBranches } from './events/default-branches.ts';
import { RunEvents } from './events/run-events.ts';
import { Schedules } from './events/schedules.ts';
import { GitRepositories } from './git/index.ts';
import { pathOnApiHost } from './github-rest/api-host.ts';
import { startHousekeeping } from './housekeeping.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { acceptDelivery, branchesMoved } from './mirrors/accept.ts';
import { Mirrors } from './mirrors/mirrors.ts';
import { storedPosts } from './notifications/posts.ts';
import { announceTo } from './notifications/server-notices.ts';
import { takeBackUndeleted } from './repositories/delete.ts';
import { LiveLogs } from './runner-service/live-logs.ts';
import { registerSurfaces } from './surfaces.ts';
import { type Https, startHttps } from './tls/https.ts';
import { Turns } from './turns.ts';
import { Webhooks } from './webhooks-out/webhooks.ts';
import { WorkflowFiles } from './workflow-files/workflow-files.ts';
import { WorkflowReader } from './workflow-files/workflow-reader.ts';

export interface StartServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Made when it does not exist; one server at a time may use it. */
  dataFolder: string;
  /** How runners and people reach the server, when that is not `http://host:port`. */
  publicUrl?: string;
  logger: Logger;
  /** Default: the setting `jobLeaseSeconds`. */
  leaseMs?: number;
  /** Port of https, where the data folder has a certificate; 0 takes any free one. Default: the setting `tlsPort`. */
  tlsPort?: number;
  /** Default: the setting `acquireSeconds`. */
  acquireMs?: number;
  clock?: Clock;
  /** False: only what is asked for starts runs, neither schedules nor other runs. For `switchyard run`. */
  followsEvents?: boolean;
  /** Default: the settings of these names. */
  webhookSecret?: string;
  runForkPulls?: boolean;
  /** Rules of whom to tell what; without one, or where it is missing, nobody is told. */
  notificationsFile?: string;
  /** Default: the setting `rateLimit`. */
  rateLimit?: number;
  /** Default: the settings `runOnDeletedRefs` and `changedFilesLimit`. */
  filters?: FilterOptions;
  /** The fleet whose pools the page shows; default: that of the settings. */
  fleet?: FindFleet;
}

export interface RunningServer {
  /** Without a trailing slash. */
  url: string;
  /** Undefined where the data folder has no certificate. */
  httpsUrl: string | undefined;
  adminToken: string;
  close(): Promise<void>;
}

/** Slug of the one enterprise: its runners serve every repository. */
const ENTERPRISE = 'switchyard';
const POLL_MS = 50_000;
/** Longer than any pause between two polls of a client, so that its connection is still there. */
const KEEP_ALIVE_MS = 75_000;
/** How long a client may take to send the head of a request; bodies are watched in connections.ts. */
const HEADERS_MS = 30_000;
/** Room for the longest tokens, which are a runner's. */
const MAX_HEADER_BYTES = 32 * 1024;

/**
 * Starts the Actions service on its data folder and takes up what had not ended.
 * @throws UserError when the folder or the port cannot be used
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  await makeDataFolder(options.dataFolder);
  const clock = options.clock ?? systemClock;
  // First: the keys are made beside everything else.
  const runnerKeys = new KeyPool(clock);
  const keys = await loadKeys(join(options.dataFolder, 'keys'));
  const db = await openDatabase(join(options.dataFolder, 'switchyard.db'));
  await ensureDefaultGroup(db);
  const adminToken = await ensureAdminToken(db, options.dataFolder, clock.now());

  const settings = settingsOf(options);
  const changes = new Changes();
  const git = new GitRepositories(options.dataFolder, db, clock);
  const closing = new AbortController();
  const reader = new WorkflowReader();
  const files = new WorkflowFiles(git, reader);
  const branches = new DefaultBranches(git, files);
  const publicUrl = (): string => settings.publicUrl;
  const { followsEvents = true } = options;
  const webhooks = new Webhooks({ db, clock, keys, publicUrl, logger: options.logger });
  await webhooks.reload();
  const posts = storedPosts(db, clock);
  const notifier = await Notifier.open(options.notificationsFile, { clock, logger: options.logger, posts });
  const tellPeople = notifier && announceTo(notifier, publicUrl);
  const engine = new Engine({
    db,
    clock,
    changes,
    git,
    reader,
    files,
    filters: options.filters ?? filterSettings(),
    listens: (repositoryId, activity) => followsEvents && branches.listens(repositoryId, activity),
    runEventDue: () => runEvents.wake(),
    announce: async (unit, news) => {
      await webhooks.announce(unit, news);
      await mirrors.announce(unit, news);
      await tellPeople?.(unit, news);
    },
    logger: options.logger,
    publicUrl,
    acquireMs: settings.acquireMs,
    leaseMs: settings.leaseMs,
  });
  const parts = { db, clock, engine, branches, publicUrl, logger: options.logger };
  const schedules = new Schedules(parts);
  const runEvents = new RunEvents(parts);
  const mirrors = new Mirrors({
    ...parts,
    git,
    keys,
    accept: (delivery) => acceptDelivery(context, delivery),
    moved: (repository) => branchesMoved(context, repository),
  });
  const context: ServerContext = {
    settings,
    db,
    blobs: new FolderBlobs(join(options.dataFolder, 'blobs')),
    keys,
    runnerKeys,
    git,
    files,
    engine,
    changes,
    branches,
    schedules,
    turns: new Turns(),
    liveLogs: new LiveLogs(options.dataFolder),
    rateLimits: new RateLimits(options.rateLimit ?? numberSetting('rateLimit', 0, 1_000_000_000), clock),
    webhooks,
    mirrors,
    fleet: options.fleet ?? fleetOfSettings,
    clock,
    logger: options.logger,
    closing: closing.signal,
  };

  const app = fastify({
    bodyLimit: 1024 * 1024,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_MS, maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: HEADERS_MS / 2 },
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = '/', headers }) => pathOnApiHost(url, headers.host, settings.publicUrl),
    routerOptions: { maxParamLength: 512, ignoreDuplicateSlashes: true },
  });
  let housekeeping: { close(): Promise<void> } | undefined;
  const connections = new Connections(app.server, {
    clock: systemClock,
    perAddress: numberSetting('connectionsPerAddress', 0, 1_000_000),
  });
  let https: Https | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    const httpsClosed = https?.close();
    const callOff = connections.end(systemClock);
    await app.close().finally(callOff);
    await httpsClosed;
    await housekeeping?.close();
    await schedules.close();
    await runEvents.close();
    await webhooks.close();
    await mirrors.close();
    await notifier?.close();
    engine.close();
    await context.liveLogs.close();
    await context.runnerKeys.close();
    await reader.close();
    await db.destroy();
  };
  try {
    registerAccess(app, context);
    const surfaces = await registerSurfaces(app, context);
    await mirrors.reload();
    await takeBackUndeleted(context);
    await engine.start();
    // GitHub's schema is read with the first file: not while somebody waits for a push.
    setImmediate(() => void reader.warmUp());
    housekeeping = startHousekeeping(context);
    await app.listen({ host: options.host, port: options.port });
    settings.publicUrl ||= urlOf(options.host, portOf(app.server.address()));
    if (await hasCertificate(options.dataFolder)) {
      const port = options.tlsPort ?? numberSetting('tlsPort', 0, 65_535);
      const { host, dataFolder } = options;
      https = await startHttps(app.server, { host, port, dataFolder, clock });
    }
    await surfaces.recoverPushes();
    webhooks.start();
    mirrors.start();
    if (followsEvents) {
      schedules.start();
      runEvents.start();
    }
    const httpsUrl = https && urlOf(options.host, https.port).replace('http:', 'https:');
    return { url: settings.publicUrl, httpsUrl, adminToken, close };
  } catch (error) {
    await close();
    throw explainStartFailure(error, options);
  }
}

function settingsOf(options: StartServerOptions): ServerSettings {
  // With any free port the URL is known only once the server listens, and nobody can call before.
  const ownUrl = options.port === 0 ? '' : urlOf(options.host, options.port);
  return {
    publicUrl: options.publicUrl?.replace(/\/+$/, '') || ownUrl,
    dataFolder: options.dataFolder,
    enterprise: ENTERPRISE,
    loopbackOnly: isLoopbackName(options.host),
    acquireMs: options.acquireMs ?? numberSetting('acquireSeconds', 1, 3600) * 1000,
    leaseMs: options.leaseMs ?? numberSetting('jobLeaseSeconds', 1, 3600) * 1000,
    webhookSecrets: options.webhookSecret ? [options.webhookSecret] : webhookSecrets(),
    runForkPulls: options.runForkPulls ?? booleanSetting('runForkPulls'),
    pollMs: POLL_MS,
  };
}

function filterSettings(): FilterOptions {
  const limit = numberSetting('changedFilesLimit', 0, 1_000_000);
  return { deletedRefs: booleanSetting('runOnDeletedRefs'), changedFilesLimit: limit || undefined };
}

function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function portOf(address: ReturnType<import('node:net').Server['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return address.port;
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError('data-folder-unusable', `The data folder ${folder} cannot be made.`, {
      hint: 'Choose another with --data or SWITCHYARD_DATA, or make it writable for this user.',
      cause: error,
    });
  }
}

function explainStartFailure(error: unknown, { host, port }: StartServerOptions): unknown {
  if (hasErrorCode(error, 'EADDRINUSE')) {
    return new UserError('port-taken', `Port ${port} on ${host} is taken by another program.`, {
      hint: 'Choose another with --port or SWITCHYARD_PORT.',
      cause: error,
    });
  }
  if (hasErrorCode(error, 'EACCES') || hasErrorCode(error, 'EADDRNOTAVAIL')) {
    return new UserError('address-unusable', `The server cannot listen on ${host}:${port}.`, {
      hint: 'Choose another address with --host and --port; ports below 1024 need special rights.',
      cause: error,
    });
  }
  return error;
}
