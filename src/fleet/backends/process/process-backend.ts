import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Clock } from '../../../common/clock.ts';
import { sleep } from '../../../common/clock.ts';
import { removeGroupsOf } from '../../../common/control-groups/index.ts';
import { errorText, OutsideError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import type { Logger } from '../../../common/log.ts';
import { builtProgram } from '../../../common/package.ts';
import { sendSignal } from '../../../common/send-signal.ts';
import { runnerEnvironment } from '../../../common/settings.ts';
import { SETTINGS } from '../../../common/settings-table.ts';
import { UNFIT_EXIT_CODE } from '../../../protocol/runner/constants.ts';
import type { FieldWarning } from '../../resources/kind.ts';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { InstanceFolder } from '../instance-folder.ts';
import type { Backend, Exit, Instance, StartRequest } from '../types.ts';
import { type ProcessRecord, readRecord, writeRecord } from './process-record.ts';
import { endRemains, INSTANCE_VARIABLE, killMarked, killRemains, signalGroup, startTimeOf } from './process-table.ts';
import { limitSettings, reviewForProcesses } from './review.ts';
import { type Ending, SpareRunners, type Spawned } from './spare-runners.ts';
import { makeWorkFolder, removeWorkFolder, workFolderOf } from './work-folder.ts';

export interface ProcessBackendOptions {
  /** Holds a folder per runner; made with mode 700. */
  runnerRoot: string;
  /** Where all runners keep the Nodes for JavaScript actions, unless the environment says otherwise. */
  externals: string;
  clock: Clock;
  logger: Logger;
  /** Runners end when this process does or closes the backend, also after kill -9. Else they run on, to be adopted. */
  runnersEndWithFleet?: boolean;
  /** How many processes wait ahead for a runner; default none. */
  spareRunners?: number;
  /** Program and first arguments of a runner. Only tests give another. */
  command?: readonly string[];
}

/** A process we did not start cannot be waited for, only looked at. */
const ADOPTED_POLL_MS = 200;

interface Live {
  record: ProcessRecord;
  folder: InstanceFolder;
  ended: Promise<void>;
}

const OS_LABELS: Record<string, string> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const ARCHITECTURE_LABELS: Record<string, string> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM' };

/** Runs each runner as a process group of its own on this machine (DESIGN 3, `backends/`). */
export class ProcessBackend implements Backend {
  readonly systemLabels = [
    'self-hosted',
    OS_LABELS[process.platform] ?? process.platform,
    ARCHITECTURE_LABELS[process.arch] ?? process.arch.toUpperCase(),
  ];
  readonly #runnerRoot: string;
  readonly #externals: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #command: readonly string[];
  /** Whether a runner's standard input stays open as long as this process lives: its end ends the runner. */
  readonly #hasLifelines: boolean;
  readonly #lifelines = new Set<Socket>();
  readonly #live = new Map<string, Live>();
  readonly #exits = new Map<string, Exit>();
  readonly #listeners = new Set<(name: string, exit: Exit) => void>();
  readonly #closing = new AbortController();
  readonly #spares: SpareRunners;

  constructor(options: ProcessBackendOptions) {
    const { runnerRoot, externals, clock, logger, runnersEndWithFleet = false, spareRunners = 0, command } = options;
    this.#runnerRoot = runnerRoot;
    this.#externals = externals;
    this.#clock = clock;
    this.#logger = logger;
    this.#hasLifelines = runnersEndWithFleet;
    this.#command = command ?? [process.execPath, builtProgram('runner.cjs'), 'runner'];
    this.#spares = new SpareRunners({
      count: spareRunners,
      runnerRoot,
      kindOf: (spec) => JSON.stringify([limitSettings(spec), environmentOf(spec)]),
      // Its folder gets another name later, which only the current folder follows.
      spawn: (spec, folder) => this.#spawn('that waits', spec, folder, '.'),
      kill: async ({ child, exited, instanceId }) => {
        await killRemains(child.pid ?? 0, instanceId);
        await exited;
      },
    });
  }

  review(spec: RunnerSpec): FieldWarning[] {
    return reviewForProcesses(spec);
  }

  workFolder(name: string, spec: RunnerSpec): string {
    return workFolderOf(name, spec);
  }

  async start(request: StartRequest): Promise<void> {
    if (this.#live.has(request.name)) return;
    const folder = new InstanceFolder(this.#runnerRoot, request.name);
    await mkdir(this.#runnerRoot, { recursive: true, mode: 0o700 });
    const { name, spec } = request;
    const jitConfig = request.jitConfig ?? (await folder.keptConfig());
    if (!jitConfig) throw new OutsideError(`Runner ${name} has no kept config to resume with.`, { retryable: false });
    // One that is resumed has a folder already.
    const spare = request.jitConfig === undefined ? undefined : await this.#spares.take(spec, folder);
    await folder.create();
    if (request.keepConfig) await folder.keepConfig(jitConfig);
    this.#exits.delete(name);
    const spawned = spare ?? (await this.#spawn(name, spec, folder, folder.path));
    try {
      await makeWorkFolder(folder, workFolderOf(name, spec));
      await this.#record(name, folder, spawned);
    } catch (error) {
      await killRemains(spawned.child.pid ?? 0, spawned.instanceId);
      throw error;
    }
    this.#giveConfig(spawned.child.stdin as Socket, jitConfig);
    this.#spares.refill(spec);
  }

  async stop(name: string, graceMs: number): Promise<void> {
    const live = this.#live.get(name);
    if (!live) return;
    const { pid, instanceId } = live.record;
    // Only the listener: it ends its worker in the order that GitHub's runner keeps (runner-protocol 4.10).
    sendSignal(pid, 'SIGTERM');
    const inTime = new AbortController();
    const isOver = live.ended.then(() => inTime.abort());
    await sleep(graceMs, inTime.signal);
    if (!inTime.signal.aborted) await killRemains(pid, instanceId);
    await isOver;
  }

  async remove(name: string, options: { keepLog: boolean }): Promise<void> {
    if (this.#live.has(name)) throw new Error(`runner ${name} still runs`);
    this.#exits.delete(name);
    const folder = new InstanceFolder(this.#runnerRoot, name);
    await removeWorkFolder(folder);
    await folder.remove(options);
  }

  async list(): Promise<Instance[]> {
    await this.#spares.removeLeftovers();
    const names = await InstanceFolder.names(this.#runnerRoot);
    return Promise.all(names.map((name) => this.#instance(name)));
  }

  onExit(listener: (name: string, exit: Exit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    for (const lifeline of this.#lifelines) lifeline.destroy();
    await this.#spares.close();
  }

  /** @param root of the runner, as its option has it */
  async #spawn(name: string, spec: RunnerSpec, folder: InstanceFolder, root: string): Promise<Spawned> {
    const instanceId = newGuid();
    const [program = process.execPath, ...programArguments] = this.#command;
    const log = await folder.openLog();
    try {
      const lifeline = this.#hasLifelines ? ['--end-with-stdin'] : [];
      const child = spawn(program, [...programArguments, '--jitconfig', '-', ...lifeline, '--root', root], {
        cwd: folder.path,
        detached: true,
        stdio: ['pipe', log.fd, log.fd],
        env: {
          [SETTINGS.externals.env]: this.#externals,
          ...runnerEnvironment(),
          ...limitSettings(spec),
          [SETTINGS.runnerBackend.env]: 'process',
          ...environmentOf(spec),
          [INSTANCE_VARIABLE]: instanceId,
        },
      });
      const exited = new Promise<Ending>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
      });
      await once(child, 'spawn');
      child.unref();
      return { child, exited, instanceId };
    } catch (error) {
      throw new OutsideError(`Runner ${name} could not be started: ${errorText(error)}.`, {
        retryable: true,
        cause: error,
      });
    } finally {
      await log.close();
    }
  }

  /** @param stdin of the runner; a pipe is a socket in Node */
  #giveConfig(stdin: Socket, jitConfig: string): void {
    // The runner may have ended already: its exit says so, a broken pipe here adds nothing.
    stdin.on('error', () => undefined);
    if (!this.#hasLifelines) return void stdin.end(`${jitConfig}\n`);
    stdin.write(`${jitConfig}\n`);
    stdin.unref();
    this.#lifelines.add(stdin);
    stdin.once('close', () => this.#lifelines.delete(stdin));
  }

  async #record(name: string, folder: InstanceFolder, { child, exited, instanceId }: Spawned): Promise<void> {
    const { pid = 0 } = child;
    const startedAtMs = this.#clock.now();
    const record: ProcessRecord = { pid, startTime: (await startTimeOf(pid)) ?? '', instanceId, startedAtMs };
    await writeRecord(folder, record);
    this.#watch(name, { record, folder }, exited);
  }

  /** Tells the end of a process once, after everything of it is gone. */
  #watch(name: string, { record, folder }: Omit<Live, 'ended'>, exited: Promise<Ending>): void {
    const ended = exited.then(async (how) => {
      if (this.#closing.signal.aborted) return;
      if (how.code !== 0) await endRemains(record.pid, record.instanceId);
      else signalGroup(record.pid, 'SIGKILL');
      await removeGroupsOf(record);
      // Another one in its place, with a folder of its own.
      if (how.code === UNFIT_EXIT_CODE) await folder.forgetConfig();
      const exit = { ...how, ranMs: this.#clock.now() - record.startedAtMs, output: await folder.logTail() };
      this.#live.delete(name);
      this.#exits.set(name, exit);
      this.#logger.debug({ runner: name, pid: record.pid, ...how }, 'runner process ended');
      for (const listener of this.#listeners) listener(name, exit);
    });
    this.#live.set(name, { record, folder, ended });
  }

  async #instance(name: string): Promise<Instance> {
    const folder = new InstanceFolder(this.#runnerRoot, name);
    const resumable = (await folder.keptConfig()) !== undefined;
    if (this.#live.has(name)) return { name, resumable };
    const known = this.#exits.get(name);
    if (known) return { name, resumable, exit: known };
    const record = await readRecord(folder);
    if (record && (await startTimeOf(record.pid)) === record.startTime) {
      this.#adopt(name, folder, record);
      return { name, resumable };
    }
    // By its mark only: since then the number of its process group may have gone to somebody else.
    if (record) {
      await killMarked(record.instanceId);
      await removeGroupsOf(record);
    }
    return { name, resumable, exit: { output: await folder.logTail() } };
  }

  /** A runner of an earlier fleet: looked at until it is gone. */
  #adopt(name: string, folder: InstanceFolder, record: ProcessRecord): void {
    if (this.#live.has(name)) return;
    this.#logger.info({ runner: name, pid: record.pid }, 'found the runner of an earlier start still running');
    const gone = async (): Promise<Ending> => {
      while (!this.#closing.signal.aborted && (await startTimeOf(record.pid)) === record.startTime) {
        await sleep(ADOPTED_POLL_MS, this.#closing.signal);
      }
      return {};
    };
    this.#watch(name, { record, folder }, gone());
  }
}

export function environmentOf({ env = [] }: RunnerSpec): Record<string, string> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}
