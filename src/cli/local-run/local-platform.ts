import { join } from 'node:path';
import { randomToken } from '../../common/ids.ts';
import type { Closable } from '../../common/shutdown.ts';
import { FleetClient, type Resource } from '../client/fleet-client.ts';
import { prepareDataFolder } from '../platform/data-folder.ts';
import { openFleet, openLogger, openServer, type RunningServer } from '../platform/programs.ts';

/** Labels of GitHub's own Linux machines that jobs ask for; here this machine answers to them. */
const HOSTED_LABELS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-22.04'];

const ANYWHERE = { host: '127.0.0.1', port: 0 };
const NAMESPACE = 'default';

/** The slug of a server's one enterprise; its runners serve every repository. */
export const ENTERPRISE = 'switchyard';

export interface LocalPlatform {
  server: RunningServer;
  /** Every label that a job may ask for. */
  labels: string[];
}

/** Starts server and fleet on `folder`, and asks for `count` ephemeral runners. What must be closed is put into `parts`. */
export async function openLocalPlatform(folder: string, count: number, parts: Closable[]): Promise<LocalPlatform> {
  await prepareDataFolder(folder);
  const logger = await openLogger('run', join(folder, 'switchyard.log'));
  // Its code is read while the server starts.
  void import('../../fleet/index.ts').catch(() => {});
  const server = await openServer(ANYWHERE, { dataFolder: folder, logger, followsEvents: false });
  parts.push(server);
  const fleet = await openFleet(ANYWHERE, {
    dataFolder: join(folder, 'fleet'),
    token: randomToken(),
    github: { url: server.url, token: server.adminToken },
    // Folder and server are temporary: nobody would ever adopt them.
    runnersEndWithFleet: true,
    logger,
  });
  parts.push(fleet);
  const client = new FleetClient({ url: fleet.url, token: fleet.token }, NAMESPACE);
  await client.apply((await client.kinds()).named('runnerdeployments'), runners(count));
  return { server, labels: [...HOSTED_LABELS, ...systemLabels()] };
}

function runners(replicas: number): Resource {
  return {
    apiVersion: 'actions.summerwind.dev/v1alpha1',
    kind: 'RunnerDeployment',
    metadata: { name: 'local', namespace: NAMESPACE },
    spec: { replicas, template: { spec: { enterprise: ENTERPRISE, labels: HOSTED_LABELS, ephemeral: true } } },
  };
}

const OPERATING_SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS',
  linux: 'Linux',
  win32: 'Windows',
};

/** What every runner of a process has besides its own labels (SEM-13.3). */
const systemLabels = (): string[] => [
  'self-hosted',
  OPERATING_SYSTEMS[process.platform] ?? process.platform,
  process.arch.toUpperCase(),
];
