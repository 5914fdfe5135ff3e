import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../common/clock.ts';
import { errorText, hasErrorCode, OutsideError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import type { Logger } from '../../../common/log.ts';
import { isLoopbackName } from '../../../common/loopback.ts';
import { UNFIT_EXIT_CODE } from '../../../protocol/runner/constants.ts';
import type { FieldWarning } from '../../resources/kind.ts';
import type { PullSecrets } from '../../resources/pull-secrets.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { InstanceFolder } from '../instance-folder.ts';
import type { Backend, Exit, Instance, StartRequest } from '../types.ts';
import { Engine, EngineFailed } from './engine.ts';
import { type ContainerEvent, EngineWatch } from './engine-watch.ts';
import { workDirOf } from './folders.ts';
import { Images } from './images.ts';
import { exitOf, inspectContainer, type Listed, listContainers, listVolumes } from './instances.ts';
import { containerName, type Owner, RUNNER_PART } from './names.ts';
import { type Place, planPod } from './plan-pod.ts';
import { outputOf, removePod, startPod } from './pod.ts';
import { removeOldLogins } from './registry-login.ts';

export interface DockerBackendOptions {
  /** Holds the fleet's id, kept JIT configs and logs of failed runners; made with mode 700. */
  stateFolder: string;
  /** Environment of the `docker` program, which says where the engine is. */
  environment: Record<string, string>;
  /** The GitHub that runners serve. */
  serverUrl: string;
  /** Of runners whose spec names none. */
  image: string;
  /** Of the Docker-in-Docker sidecar. */
  dockerImage: string;
  /** Network of the runners; empty: the machine's own when the server listens on loopback, else the engine's default. */
  network: string;
  /** Settings of this program that are for runners. */
  settings: Record<string, string>;
  /** How long a pull may take; default half an hour. */
  pullTimeoutMs?: number;
  clock: Clock;
  logger: Logger;
}

interface Live {
  /** Of the runner's container. */
  id: string;
  /** `start` has not returned: an end is told after it. */
  isStarting: boolean;
  hasDied: boolean;
  /** The fleet has stopped it. */
  isAsked: boolean;
  /** That a Docker command sent it. */
  killSignal?: string;
  ended?: Promise<void>;
}

/** Beyond the grace, for the engine to answer. */
const STOP_PATIENCE_MS = 30_000;
const NO_SECRETS: PullSecrets = { logins: [], problems: [] };
/** Lines of a failed runner's output that are kept. */
const KEPT_LINES = '5000';

/** Runs each runner as containers of a Docker engine: its own, and what belongs to it (fleet-semantics 5). */
export class DockerBackend implements Backend {
  /** Our image and ARC's are Linux; an engine of another architecture than this machine's is told by its runners' labels. */
  readonly systemLabels = ['self-hosted', 'Linux', process.arch === 'arm64' ? 'ARM64' : 'X64'];
  readonly #options: DockerBackendOptions;
  readonly #fleet: string;
  readonly #engine: Engine;
  readonly #images: Images;
  readonly #watch: EngineWatch;
  readonly #live = new Map<string, Live>();
  readonly #exits = new Map<string, Exit>();
  readonly #listeners = new Set<(name: string, exit: Exit) => void>();
  #isClosed = false;

  constructor(options: DockerBackendOptions) {
    const { stateFolder, environment, clock, logger } = options;
    this.#options = options;
    this.#fleet = fleetId(stateFolder);
    this.#engine = new Engine({ environment, scratch: stateFolder });
    removeOldLogins(stateFolder);
    this.#images = new Images({ engine: this.#engine, logger, pullTimeoutMs: options.pullTimeoutMs });
    this.#watch = new EngineWatch({
      engine: this.#engine,
      fleet: this.#fleet,
      clock,
      logger,
      onEvent: (event) => this.#heard(event),
      onReturn: () => this.#lookAgain(),
    });
  }

  review(spec: RunnerSpec): FieldWarning[] {
    return planPod(spec, this.#place('reviewed')).warnings;
  }

  workFolder(_name: string, spec: RunnerSpec): string {
    return workDirOf(spec);
  }

  async start(request: StartRequest): Promise<void> {
    const { name, jitConfig: given, keepConfig } = request;
    if (this.#live.has(name)) return;
    this.#watch.begin();
    const live: Live = { id: '', isStarting: true, hasDied: false, isAsked: false };
    this.#live.set(name, live);
    const folder = this.#folder(name);
    try {
      const jitConfig = given ?? (await folder.keptConfig());
      if (!jitConfig) throw new OutsideError(`Runner ${name} has no kept config to resume with.`, { retryable: false });
      if (keepConfig) await folder.create().then(() => folder.keepConfig(jitConfig));
      await this.#startPod(request, jitConfig, live);
    } catch (error) {
      this.#live.delete(name);
      await this.#undo(name, given === undefined);
      throw error;
    }
    live.isStarting = false;
    if (live.hasDied) void this.#end(name);
  }

  async stop(name: string, graceMs: number): Promise<void> {
    const live = this.#live.get(name);
    if (!live) return;
    live.isAsked = true;
    // PID 1 of the runner's container is its listener, which ends its worker in the order that GitHub's runner keeps.
    const seconds = Math.ceil(graceMs / 1_000);
    await this.#engine
      .run(['stop', '--time', String(seconds), this.#runner(name)], { timeoutMs: graceMs + STOP_PATIENCE_MS })
      .catch((error: unknown) => this.#ignoreAbsence(error));
    await this.#end(name);
    if (this.#live.get(name) === live)
      throw new OutsideError(`Runner ${name} may still run: the Docker engine does not tell.`, { retryable: true });
  }

  async remove(name: string, { keepLog }: { keepLog: boolean }): Promise<void> {
    if (this.#live.has(name)) throw new Error(`runner ${name} still runs`);
    this.#exits.delete(name);
    const folder = this.#folder(name);
    if (keepLog) await this.#saveLog(name, folder);
    await removePod(this.#engine, this.#owner(name));
    await folder.remove({ keepLog });
  }

  /** Also tidies up: what belongs to no runner any more, as after a crash between two calls, is removed. */
  async list(): Promise<Instance[]> {
    this.#watch.begin();
    const containers = await listContainers(this.#engine, { fleet: this.#fleet });
    const runners = containers.filter(({ part }) => part === RUNNER_PART);
    const names = new Set(runners.map(({ instance }) => instance));
    const volumes = await listVolumes(this.#engine, { fleet: this.#fleet });
    const stray = new Set([...containers, ...volumes].map(({ instance }) => instance));
    for (const name of stray) {
      if (!names.has(name) && !this.#live.has(name)) await removePod(this.#engine, this.#owner(name));
    }
    const kept = (await InstanceFolder.names(this.#options.stateFolder)).filter((name) => !names.has(name));
    return [
      ...(await Promise.all(runners.map((runner) => this.#instance(runner)))),
      ...kept.map((name) => ({ name, resumable: true, exit: this.#exits.get(name) ?? { output: '' } })),
    ];
  }

  onExit(listener: (name: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    await this.#watch.close();
    this.#engine.close();
    await Promise.allSettled([...this.#live.values()].map(({ ended }) => ended));
  }

  async #startPod(request: StartRequest, jitConfig: string, live: Live): Promise<void> {
    const { name, spec, volumeFiles = () => ({}), pullSecrets = () => NO_SECRETS } = request;
    const place = this.#place(name);
    // What an earlier start of the same name has left: an ended runner that is resumed, or half a start.
    await removePod(this.#engine, place.owner);
    this.#exits.delete(name);
    const onCreated = (id: string): void => {
      live.id = id;
    };
    const plan = planPod(spec, place);
    await startPod({
      engine: this.#engine,
      images: this.#images,
      owner: place.owner,
      plan,
      jitConfig,
      volumeFiles,
      pullSecrets,
      onCreated,
    });
  }

  /** After a failed start nothing is left; a kept config stays for the next try. */
  async #undo(name: string, isResumed: boolean): Promise<void> {
    await removePod(this.#engine, this.#owner(name)).catch((error: unknown) => {
      this.#options.logger.warn({ runner: name, problem: errorText(error) }, 'a failed start could not be undone');
    });
    if (!isResumed) await this.#folder(name).remove({ keepLog: false });
  }

  async #instance({ ID: id, instance: name, State: state }: Listed): Promise<Instance> {
    const resumable = (await this.#folder(name).keptConfig()) !== undefined;
    const isStarting = this.#live.get(name)?.isStarting;
    const isRunning = isStarting || !['created', 'exited', 'dead', 'removing'].includes(state);
    if (isRunning) {
      if (!this.#live.has(name)) this.#adopt(name, id);
      return { name, resumable };
    }
    await this.#end(name);
    const exit = this.#exits.get(name) ?? (await this.#exitOf({ id }));
    return { name, resumable, exit };
  }

  #adopt(name: string, id: string): void {
    this.#options.logger.info({ runner: name, container: id }, 'found the runner of an earlier start still running');
    this.#live.set(name, { id, isStarting: false, hasDied: false, isAsked: false });
  }

  #heard({ action, id, instance, part, signal }: ContainerEvent): void {
    const live = this.#live.get(instance);
    if (!live) return;
    if (part !== RUNNER_PART) {
      if (action === 'die' && !live.ended)
        this.#options.logger.warn({ runner: instance, container: part }, 'a container beside a runner has ended');
      return;
    }
    // Another of the same name is told of once more when the watch begins.
    if (live.id !== id) return;
    if (action === 'kill') live.killSignal = signal;
    else if (live.isStarting) live.hasDied = true;
    else void this.#end(instance);
  }

  /** The engine was away; what it did not tell is looked for. */
  #lookAgain(): void {
    for (const [name, { isStarting }] of this.#live) {
      if (!isStarting) void this.#endIfOver(name);
    }
  }

  async #endIfOver(name: string): Promise<void> {
    const live = this.#live.get(name);
    if (!live) return;
    // An engine that does not answer yet makes the watch look again.
    const found = await inspectContainer(this.#engine, live.id).catch(() => 'unknown' as const);
    if (found !== 'unknown' && !found?.State.Running) await this.#end(name);
  }

  /** Tells the end of a runner once, after everything of it is gone. Never rejects. */
  #end(name: string): Promise<void> {
    const live = this.#live.get(name);
    if (!live) return Promise.resolve();
    live.ended ??= this.#finish(name, live).catch((error: unknown) => {
      live.ended = undefined;
      if (this.#isClosed) return;
      this.#options.logger.warn({ runner: name, problem: errorText(error) }, 'the end of a runner cannot be looked at');
    });
    return live.ended;
  }

  async #finish(name: string, live: Live): Promise<void> {
    const exit = await this.#exitOf(live);
    await removePod(this.#engine, this.#owner(name), { onlyBeside: true });
    if (this.#isClosed) return;
    if (exit.code === UNFIT_EXIT_CODE) await this.#folder(name).forgetConfig();
    this.#live.delete(name);
    this.#exits.set(name, exit);
    this.#options.logger.debug({ runner: name, code: exit.code, reason: exit.reason }, 'runner container ended');
    for (const listener of this.#listeners) listener(name, exit);
  }

  async #exitOf({ id, isAsked = false, killSignal }: Partial<Live> & { id: string }): Promise<Exit> {
    const found = await inspectContainer(this.#engine, id);
    const output = await outputOf(this.#engine, id);
    if (found) return exitOf(found, { output, isAsked, killSignal });
    return { reason: `somebody removed its container from the Docker engine; this fleet did not`, output: '' };
  }

  async #saveLog(name: string, folder: InstanceFolder): Promise<void> {
    const log = await this.#engine
      .run(['logs', '--tail', KEPT_LINES, this.#runner(name)], { withErrors: true })
      .catch(() => undefined);
    if (log === undefined) return;
    await folder.create();
    await folder.writeLog(`${log}\n`);
  }

  #ignoreAbsence(error: unknown): void {
    if (!(error instanceof EngineFailed && error.isAbsence)) throw error;
  }

  #place(instance: string): Place {
    const { serverUrl, image, dockerImage, settings } = this.#options;
    const network = this.#options.network || (isLoopbackName(new URL(serverUrl).hostname) ? 'host' : '');
    return { owner: this.#owner(instance), serverUrl, image, dockerImage, network, settings, socketGroup };
  }

  #owner = (instance: string): Owner => ({ fleet: this.#fleet, instance });
  #runner = (name: string): string => containerName(this.#owner(name), RUNNER_PART);
  #folder = (name: string): InstanceFolder => new InstanceFolder(this.#options.stateFolder, name);
}

/** Made with the folder: two fleets on one engine never take each other's runners for their own. */
function fleetId(stateFolder: string): string {
  const file = join(stateFolder, 'fleet-id');
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
    const id = newGuid();
    writeFileSync(file, id, { mode: 0o600, flag: 'wx' });
    return id;
  }
}

function socketGroup(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isSocket() ? found.gid : undefined;
}
