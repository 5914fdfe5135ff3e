/** The backends of a fleet, as the settings have them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { version } from '../../common/package.ts';
import { inheritedEnvironment, numberSetting, runnerSettings, setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { closeAll } from '../../common/shutdown.ts';
import { type BackendEntry, Backends } from './backends.ts';
import { DockerBackend } from './docker/docker-backend.ts';
import { ExternalBackend } from './external/external-backend.ts';
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

/** Each has the memory of an idle runner. */
const MAX_WARM_RUNNERS = 1_000;
/** Built on the engine itself by deploy/runner/build.sh; the host part keeps it from ever being looked for elsewhere. */
const OWN_IMAGE = `localhost/switchyard-runner:${version}`;

/** @throws UserError for settings that cannot be used, and for a program that is no backend */
export async function openBackends(options: OpenBackendsOptions): Promise<Backends> {
  const entries = new Map<string, BackendEntry>([
    ['process', processEntry(options)],
    ['docker', dockerEntry(options)],
  ]);
  const programs = readPrograms(setting('backendPrograms'), [...entries.keys()]);
  const external = await openAll(options, programs);
  for (const [name, backend] of external) entries.set(name, { open: () => backend, wasUsed: () => true });
  const defaultName = setting('backend');
  if (entries.has(defaultName)) return new Backends({ entries, defaultName });
  await closeAll(external.values());
  throw new UserError('bad-setting', `${SETTINGS.backend.env} is "${defaultName}".`, {
    hint: `Give one of: ${[...entries.keys()].join(', ')}.`,
  });
}

/** What a NAME of the setting may be: it is a folder's name too. */
const PROGRAM = /^([a-z][a-z0-9-]{0,62})=(\/.+)$/;

function readPrograms(text: string, taken: string[]): Map<string, string> {
  const programs = new Map<string, string>();
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', program = ''] = PROGRAM.exec(part.trim()) ?? [];
    if (name === '' || taken.includes(name) || programs.has(name))
      throw new UserError('bad-setting', `${SETTINGS.backendPrograms.env} has "${part.trim()}".`, {
        hint: `Give NAME=/PATH/TO/PROGRAM with a new name of small letters; ${taken.join(' and ')} are there already.`,
      });
    programs.set(name, program);
  }
  return programs;
}

/** At the start of the fleet, so that one that does not work is told to who has configured it. */
async function openAll(
  { dataFolder, clock, logger }: OpenBackendsOptions,
  programs: Map<string, string>,
): Promise<Map<string, ExternalBackend>> {
  const opened = new Map<string, ExternalBackend>();
  try {
    for (const [name, program] of programs) {
      const stateFolder = join(dataFolder, `backend-${name}`);
      const environment = inheritedEnvironment();
      opened.set(name, await ExternalBackend.open({ name, program, environment, stateFolder, clock, logger }));
    }
    return opened;
  } catch (error) {
    await closeAll(opened.values());
    throw error;
  }
}

function processEntry({
  dataFolder,
  runnerRoot,
  runnersEndWithFleet,
  clock,
  logger,
}: OpenBackendsOptions): BackendEntry {
  const externals = join(dataFolder, 'externals');
  const spareRunners = numberSetting('warmRunners', 0, MAX_WARM_RUNNERS);
  return {
    open: () => new ProcessBackend({ runnerRoot, externals, clock, logger, runnersEndWithFleet, spareRunners }),
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
