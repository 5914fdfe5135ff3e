/** The backends of a fleet, as the settings have them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { version } from '../../common/package.ts';
import { inheritedEnvironment, runnerSettings, setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { type BackendEntry, Backends } from './backends.ts';
import { DockerBackend } from './docker/docker-backend.ts';
import { ProcessBackend } from './process/process-backend.ts';

export interface OpenBackendsOptions {
  /** Of the fleet; each backend has a folder of its own in it. */
  dataFolder: string;
  /** Of the process backend. */
  runnerRoot: string;
  runnersEndWithFleet: boolean | undefined;
  /** The GitHub that runners serve. */
  serverUrl: string;
  clock: Clock;
  logger: Logger;
}

/** Built on the engine itself by deploy/runner/build.sh; the host part keeps it from ever being looked for elsewhere. */
const OWN_IMAGE = `localhost/switchyard-runner:${version}`;

/** @throws UserError for settings that cannot be used */
export function openBackends(options: OpenBackendsOptions): Backends {
  const entries = new Map<string, BackendEntry>([
    ['process', processEntry(options)],
    ['docker', dockerEntry(options)],
  ]);
  const defaultName = setting('backend');
  if (entries.has(defaultName)) return new Backends({ entries, defaultName });
  throw new UserError('bad-setting', `${SETTINGS.backend.env} is "${defaultName}".`, {
    hint: `Give one of: ${[...entries.keys()].join(', ')}.`,
  });
}

function processEntry({
  dataFolder,
  runnerRoot,
  runnersEndWithFleet,
  clock,
  logger,
}: OpenBackendsOptions): BackendEntry {
  const externals = join(dataFolder, 'externals');
  return {
    open: () => new ProcessBackend({ runnerRoot, externals, clock, logger, runnersEndWithFleet }),
    wasUsed: () => existsSync(runnerRoot),
  };
}

function dockerEntry({ dataFolder, serverUrl, clock, logger }: OpenBackendsOptions): BackendEntry {
  const stateFolder = join(dataFolder, 'docker');
  // Those of this machine are no folders of the containers.
  const { [SETTINGS.externals.env]: _, ...settings } = runnerSettings();
  return {
    open: () =>
      new DockerBackend({
        stateFolder,
        environment: inheritedEnvironment(),
        serverUrl,
        image: setting('dockerImage') || OWN_IMAGE,
        dockerImage: setting('dockerDindImage'),
        network: setting('dockerNetwork'),
        settings,
        clock,
        logger,
      }),
    wasUsed: () => existsSync(stateFolder),
  };
}
