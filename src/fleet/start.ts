import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../common/clock.ts';
import { errorText, UserError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { Notifier } from '../common/notifications/index.ts';
import { readOrCreateKey, sealingWith } from '../common/sealing.ts';
import { type Closable, closeAll } from '../common/shutdown.ts';
import { GitHubClient } from '../github/index.ts';
import { startApi } from './api/server.ts';
import { reviewBy } from './backends/annotation.ts';
import { openBackends } from './backends/open-backends.ts';
import type { Backend } from './backends/types.ts';
import { CredentialPool } from './credentials/credential-pool.ts';
import { DemandService } from './demand/demand-service.ts';
import { jobExplanations } from './explain/job-routes.ts';
import { PoolHistories } from './explain/pool-history.ts';
import { poolExplanations } from './explain/routes.ts';
import { FleetMetrics } from './metrics/fleet-metrics.ts';
import { noticesTo } from './notifications/fleet-notices.ts';
import { type CloseOptions, Controller } from './reconcilers/controller.ts';
import { EventRecorder } from './store/event-recorder.ts';
import { ResourceStore } from './store/resource-store.ts';

export interface FleetOptions {
  host: string;
  /** Of the fleet's API; 0 takes any free port. */
  port: number;
  /** Made with mode 700; holds `fleet.db` and the key of its Secrets. */
  dataFolder: string;
  /** The server that runners register at. */
  github: { url: string; token: string };
  /** Bearer token that the API demands. */
  apiToken: string;
  /** Webhooks are taken that are signed with one of these; none takes none. */
  webhookSecrets?: readonly string[];
  /** Rules of whom to tell what; without one, or where it is missing, nobody is told. */
  notificationsFile?: string;
  /** Folder of the runners' roots; default `dataFolder/runners`. */
  runnerRoot?: string;
  /** Processes of runners end when the fleet's does, however it ends. Else the next fleet adopts them. */
  runnersEndWithFleet?: boolean;
  logger: Logger;
  clock?: Clock;
  /** Where runners are started; default what the settings say, processes on this machine by theirs. */
  backend?: Backend;
}

export interface Fleet extends Closable {
  url: string;
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Starts store, controller and API. The server may come later: until it answers, Runners wait as Pending.
 * `close()` stops the API, then the controller with every runner, and leaves no process behind; with `keepsBusy` those
 * that have a job go on, for the next start to find.
 * @throws UserError when the data folder or the port cannot be used
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { dataFolder, github, runnersEndWithFleet, logger, clock = systemClock } = options;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new UserError('data-folder-unusable', `The folder ${dataFolder} cannot be used: ${errorText(error)}.`, {
      hint: 'Give a folder that this user may write to.',
      cause: error,
    });
  });
  const notifier = await Notifier.open(options.notificationsFile, { clock, logger });
  const runnerRoot = options.runnerRoot ?? join(dataFolder, 'runners');
  const places = { dataFolder, runnerRoot, runnersEndWithFleet, serverUrl: github.url };
  const backend = options.backend ?? (await openBackends({ ...places, clock, logger }));
  const sealing = sealingWith(await readOrCreateKey(join(dataFolder, 'secrets.key')));
  const store = new ResourceStore(join(dataFolder, 'fleet.db'), clock, sealing);
  const closeStore = { close: async () => store.close() };
  const notices = noticesTo(notifier, { store, clock });
  const client = new GitHubClient({ ...github, clock });
  const credentials = new CredentialPool(store, client, clock);
  const demand = new DemandService({
    file: join(dataFolder, 'demand.db'),
    own: client,
    githubFor: (place) => credentials.githubFor(place),
    webhookSecrets: options.webhookSecrets ?? [],
    onNews: (fact, before) => metrics.fact(fact, before),
    clock,
    logger,
  });
  let running: Controller | undefined;
  const sources = {
    store,
    demand: demand.demand,
    systemLabels: backend.systemLabels,
    assignedJobs: (uid: string) => running?.facts.assignedJobs(uid),
    live: () => running?.facts,
  };
  const metrics = new FleetMetrics({ ...sources, budget: () => client.budget });
  const histories = new PoolHistories(sources, clock);
  // The API first: without its port nothing may be started.
  const review = reviewBy(backend);
  const plugins = [
    demand.routes,
    poolExplanations(sources, histories, clock),
    jobExplanations(sources, clock),
    metrics.routes,
  ];
  const api = await startApi({ ...options, store, clock, review, plugins }).catch(async (error: unknown) => {
    await closeAll([histories, metrics, demand, backend, notices, closeStore]);
    throw error;
  });
  const events = new EventRecorder(store, clock);
  try {
    const onSetJob = metrics.setJob.bind(metrics);
    const controller = await Controller.start({
      ...{ store, events, backend, credentials, demand },
      ...{ onSetJob, clock, logger },
    });
    running = controller;
    return {
      url: api.url,
      close(ending) {
        const stopping = { close: () => controller.close(ending) };
        return closeAll([api, stopping, histories, metrics, demand, notices, closeStore]);
      },
    };
  } catch (error) {
    await closeAll([api, histories, metrics, demand, backend, notices, closeStore]);
    throw error;
  }
}
