/** What a job has of Docker: the client, where the engine is, and the marks on everything that it makes. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountOption } from '../../../common/docker.ts';
import type { RunnerIdentity } from '../../job-channel.ts';
import type { JobState } from '../job-state.ts';
import type { StepOutput } from '../step-output.ts';
import { ActionImages } from './action-images.ts';
import { removeJob } from './clean-up.ts';
import { Docker } from './docker.ts';
import { labelOptions } from './labels.ts';
import type { PathPair } from './paths.ts';
import { checkPlacement, enginePath, findPlacement, type Placement } from './placement.ts';

/** A folder or file of the runner that a container gets. */
export interface Mount extends PathPair {
  /** What is mounted, if that is not `outside` itself. */
  source?: string;
  isReadOnly?: boolean;
}

export class JobDocker {
  readonly docker: Docker;
  readonly placement: Placement;
  readonly labels: string[];
  readonly images: ActionImages;
  /** Images that this job has asked a registry for. */
  readonly pulled = new Set<string>();
  /** Of the job's containers; undefined while there is none. */
  network: string | undefined;
  readonly #job: JobState;

  private constructor(job: JobState, docker: Docker, placement: Placement) {
    this.#job = job;
    this.docker = docker;
    this.placement = placement;
    this.labels = labelOptions({ runner: job.runner.instance, job: job.trackingId, lease: placement.lease });
    this.images = new ActionImages(this, job.folders.temp);
  }

  /** @throws UserError `no-docker`, `docker-paths` */
  static async open(job: JobState): Promise<JobDocker> {
    const docker = Docker.find(job.inherited, job.folders.temp);
    const { pid, workFolder } = job.runner;
    const placement = await findPlacement(docker, workFolder, pid);
    await checkOnce(job.runner, docker, () => checkPlacement(docker, placement, workFolder));
    return new JobDocker(job, docker, placement);
  }

  /** Options for what the engine can see; the others are left out and named. */
  mountOptions(mounts: Mount[], output: StepOutput): string[] {
    return mounts.flatMap(({ outside, inside, isReadOnly, source: path = outside }) => {
      const source = enginePath(this.placement, path);
      if (source !== undefined) return ['--mount', mountOption(source, inside, isReadOnly)];
      output.debug(`${path} is not mounted at ${inside}: the Docker engine does not see it.`);
      return [];
    });
  }

  /** Tracking id of the job. */
  get jobId(): string {
    return this.#job.trackingId;
  }

  /** For the engine's socket, as containers are given it (SEM-14.5). */
  get socketOptions(): string[] {
    const socket = this.docker.socket && enginePath(this.placement, this.docker.socket);
    return socket === undefined ? [] : ['--mount', mountOption(socket, '/var/run/docker.sock')];
  }

  /** Removes all that the job made. @returns sentences about what could not be removed */
  async close(): Promise<string[]> {
    this.network = undefined;
    return await removeJob(this.docker, this.#job.trackingId);
  }
}

/** A runner that has been checked, at its start or by a job, is not checked again; one that was found wrong is. */
export async function checkOnce(
  { instance, root }: RunnerIdentity,
  docker: Docker,
  check: () => Promise<void>,
): Promise<void> {
  const file = join(root, '.docker-check');
  const mark = `${instance} ${docker.address}`;
  if (readMark(file) === mark) return;
  await check();
  writeFileSync(file, mark, { mode: 0o600 });
}

function readMark(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
