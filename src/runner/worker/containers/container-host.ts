/** The job's container as the place where steps run: SEM-14.4 to 14.6, 14.10, 14.11, 28.5. */

import { existsSync } from 'node:fs';
import { VARIABLES } from '../../../common/docker.ts';
import { UserError } from '../../../common/errors.ts';
import { newGuid } from '../../../common/ids.ts';
import type { SignalGrace } from '../../job-channel.ts';
import type { ProcessOptions, RunningProcess } from '../../process.ts';
import type { StepHost } from '../step-host.ts';
import { whichIsFull, whyKilled } from './attribution.ts';
import type { Docker } from './docker.ts';
import type { Mount } from './job-docker.ts';
import { PathMap } from './paths.ts';

/** Variable that marks the processes of one step inside the container. */
const MARK = 'SWITCHYARD_PROCESS';

/**
 * $1 a signal, $2 the mark, $3 `entry` or `tree`. Entry processes of `docker exec` have no parent inside. A tree is
 * signalled until a look finds none, since processes may start others meanwhile. Only a shell, grep and /proc are needed.
 */
const SIGNAL_SCRIPT = `
look=0
while [ $look -lt 50 ]; do
  found=
  for folder in /proc/[0-9]*; do
    grep -q "$2" "$folder/environ" 2>/dev/null || continue
    [ "$3" = tree ] || grep -q '^PPid:[[:space:]]*0$' "$folder/status" 2>/dev/null || continue
    kill "-$1" "\${folder#/proc/}" 2>/dev/null && found=1
  done
  [ -n "$found" ] && [ "$3" = tree ] || exit 0
  look=$((look + 1))
done`;

export class ContainerHost implements StepHost {
  readonly isContainer = true;
  readonly #docker: Docker;
  readonly #paths: PathMap;
  #id: string | undefined;
  #enteredAt = 0;
  #path: string | undefined;
  #hasShell = true;
  #isMusl = false;

  /** Until `enter` it only translates paths. */
  constructor(docker: Docker, mounts: Mount[]) {
    this.#docker = docker;
    this.#paths = new PathMap(mounts);
  }

  /** @param path PATH as the container's image or its `env` has it */
  async enter(id: string, path: string | undefined): Promise<void> {
    this.#id = id;
    this.#enteredAt = Date.now();
    this.#path = path;
    const release = await this.#inShell('cat /etc/os-release 2>/dev/null; exit 0', []);
    this.#hasShell = release !== undefined;
    this.#isMusl = /^ID=["']?alpine/m.test(release ?? '');
  }

  /** The container has the rest of its environment by itself. */
  get environment(): Record<string, string> {
    return this.#path === undefined ? {} : { PATH: this.#path };
  }

  inside(path: string): string {
    return this.#paths.inside(path);
  }

  outside(path: string): string {
    return this.#paths.outside(path);
  }

  /** A Node for musl lies beside the usual one, if there is one at all; else the image's own is taken. */
  async nodeProgram(program: string): Promise<string> {
    if (!this.#isMusl) return this.inside(program);
    const folder = program.replace(/\/bin\/node$/, '_alpine');
    if (existsSync(folder)) return this.inside(`${folder}/bin/node`);
    if (await this.#inShell('command -v node', [])) return 'node';
    throw new UserError(
      'bad-container',
      'JavaScript actions cannot run in this container: its image is Alpine, for which the runner has no Node.',
      {
        hint: 'Use an image that has Node, or one that is not Alpine.',
      },
    );
  }

  async start(options: ProcessOptions): Promise<RunningProcess> {
    const id = this.#id;
    if (id === undefined) throw new UserError('bad-container', 'The container of the job does not run.');
    const mark = newGuid();
    const { command, args, cwd, env, ...streams } = options;
    const { PATH, ...variables } = env;
    const given = { ...variables, ...(PATH === this.#path || PATH === undefined ? {} : { PATH }), [MARK]: mark };
    const startedAt = Date.now();
    const client = await this.#docker.start(['exec', '-i', '--workdir', cwd, VARIABLES, id, command, ...args], {
      ...streams,
      variables: given,
    });
    const since = { container: this.#enteredAt, step: startedAt };
    return this.#running(
      client,
      mark,
      async (code) => (await whyKilled(this.#docker, id, code, since)) ?? (await whichIsFull(this.#docker, id, cwd)),
    );
  }

  /** The signals of SEM-28.2 go to the process inside; the client only passes its output and its exit code on. */
  #running(
    client: RunningProcess,
    mark: string,
    whyItFailed: (code: number) => Promise<string | undefined>,
  ): RunningProcess {
    const timers: NodeJS.Timeout[] = [];
    let gone: Promise<void> | undefined;
    const exited = client.exited.then(async (exit) => {
      for (const timer of timers) clearTimeout(timer);
      if (timers.length === 0) return exit.code === 0 ? exit : { ...exit, reason: await whyItFailed(exit.code) };
      gone ??= this.#end(mark);
      await gone;
      return exit;
    });
    return {
      pid: client.pid,
      exited,
      kill: () => client.kill(),
      cancel: ({ sigintMs, sigtermMs }: SignalGrace) => {
        if (timers.length > 0) return;
        void this.#signal('INT', mark, 'entry');
        timers.push(
          setTimeout(() => void this.#signal('TERM', mark, 'entry'), sigintMs),
          setTimeout(() => {
            gone = this.#end(mark);
            void gone.then(() => client.kill());
          }, sigintMs + sigtermMs),
        );
      },
    };
  }

  async #end(mark: string): Promise<void> {
    if (await this.#signal('KILL', mark, 'tree')) return;
    // Without a shell inside nothing else ends them; what the container holds stays.
    await this.#docker.run(['restart', '--time', '0', this.#id ?? '']).catch(() => undefined);
  }

  /** As the container's user and as root, since neither sees all processes of the other. @returns false when it cannot be done */
  async #signal(signal: 'INT' | 'TERM' | 'KILL', mark: string, whom: 'entry' | 'tree'): Promise<boolean> {
    if (!this.#hasShell) return false;
    const asUser = await this.#inShell(SIGNAL_SCRIPT, [signal, mark, whom]);
    if (whom === 'entry') return asUser !== undefined;
    const asRoot = await this.#inShell(SIGNAL_SCRIPT, [signal, mark, whom], ['--user', '0']);
    return asUser !== undefined && asRoot !== undefined;
  }

  /** Output of a script; undefined when it cannot be run or fails. */
  async #inShell(script: string, args: string[], options: string[] = []): Promise<string | undefined> {
    const command = ['exec', ...options, this.#id ?? '', 'sh', '-c', script, 'sh', ...args];
    return await this.#docker.run(command).catch(() => undefined);
  }
}
