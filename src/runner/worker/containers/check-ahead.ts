/** What the listener finds out about containers before its first job: an operator should not learn it from a job. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { errorText, UserError } from '../../../common/errors.ts';
import type { RunnerIdentity } from '../../job-channel.ts';
import { Docker } from './docker.ts';
import { checkOnce } from './job-docker.ts';
import { checkPlacement, findPlacement, type Placement } from './placement.ts';

export interface Ahead {
  /** For people, when jobs with containers will fail although somebody meant them to work. */
  problem?: string;
  /** For the log file. */
  note: string;
}

const PLACES: Record<Placement['kind'], string> = {
  host: 'the runner is on the machine of the engine',
  shared: 'the runner is in a container of the engine (Docker out of Docker)',
  private: 'the engine is the own one of the runner (Docker in Docker), or elsewhere',
};

/** Never rejects. @param environment as jobs inherit it */
export async function checkAhead(runner: RunnerIdentity, environment: Record<string, string>): Promise<Ahead> {
  try {
    const docker = Docker.find(environment, tmpdir());
    const placement = await findPlacement(docker, runner.workFolder, runner.pid);
    await checkOnce(runner, docker, () => checkPlacement(docker, placement, runner.workFolder));
    return { note: `jobs with containers can run here: ${PLACES[placement.kind]} at ${docker.address}` };
  } catch (error) {
    const hint = error instanceof UserError && error.hint ? ` ${error.hint}` : '';
    const note = `jobs with containers cannot run here: ${errorText(error)}${hint}`;
    const isAbsent = error instanceof UserError && error.code === 'no-docker';
    // Whoever mounts a socket, or names an engine, wants containers.
    const isMeant = !isAbsent || Boolean(environment.DOCKER_HOST) || existsSync('/var/run/docker.sock');
    return isMeant ? { problem: `J${note.slice(1)}`, note } : { note };
  }
}
