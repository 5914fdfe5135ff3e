/** Removes containers and networks: those of one job, and those whose runner is proven dead (SEM-14.3). */
import { tmpdir } from 'node:os';
import { retry } from '../../../common/back-off.ts';
import { sleep } from '../../../common/clock.ts';
import { errorText } from '../../../common/errors.ts';
import { Docker, DockerFailed } from './docker.ts';
import { LABELS } from './labels.ts';
import { isDead, localFacts } from './lease.ts';

/** Of `docker container inspect`, what is needed here. */
interface Found {
  Id: string;
  Name: string;
  State?: { Running: boolean; StartedAt: string };
  Config?: { Labels: Record<string, string> | null };
  Labels?: Record<string, string> | null;
}

/**
 * Removes everything that carries exactly this job's id. Safe to repeat; what resists is in the answer.
 * @returns sentences about what could not be removed
 */
export async function removeJob(docker: Docker, job: string): Promise<string[]> {
  const filter = ['--filter', `label=${LABELS.job}=${job}`];
  const problems: string[] = [];
  const attempt = (action: Promise<unknown>): Promise<unknown> =>
    action.catch((error: unknown) => problems.push(errorText(error)));
  await attempt(removeContainers(docker, await idsOf(docker, ['ps', '--all', ...filter])));
  for (const id of await idsOf(docker, ['network', 'ls', ...filter])) await attempt(removeNetwork(docker, id));
  const images = await idsOf(docker, ['images', ...filter]);
  // What it was built on stays: the next build is quick.
  if (images.length > 0) await attempt(docker.run(['rmi', '--force', '--no-prune', ...new Set(images)]));
  return problems;
}

/** How long a listener waits for Docker; a later job removes what is left then. */
const PATIENCE_MS = 10_000;

/** For the listener, in the place of a worker that has died. Never rejects. */
export async function removeJobOfDeadWorker(environment: Record<string, string>, job: string): Promise<void> {
  try {
    await Promise.race([removeJob(Docker.find(environment, tmpdir()), job), sleep(PATIENCE_MS)]);
  } catch {
    // No Docker, so no containers; or none that answers.
  }
}

/**
 * Removes what runners left behind that are proven dead, and what this runner left of earlier jobs.
 * @param runner this running runner, which has no job but `job`
 * @returns names of what was removed
 */
export async function removeLeftovers(docker: Docker, runner: string, job: string): Promise<string[]> {
  const facts = { ...localFacts(), containerStart: startTimes(docker) };
  const isLeft = async ({ State, Config, Labels }: Found): Promise<boolean> => {
    const labels = Config?.Labels ?? Labels ?? {};
    if (labels[LABELS.runner] === runner) return labels[LABELS.job] !== job;
    return isDead(labels[LABELS.lease] ?? '', State?.Running ?? false, facts);
  };
  const removed: string[] = [];
  for (const kind of ['container', 'network'] as const) {
    const list = kind === 'container' ? ['ps', '--all'] : ['network', 'ls'];
    for (const id of await idsOf(docker, [...list, '--filter', `label=${LABELS.lease}`])) {
      const found = await docker.inspect<Found>(kind, id);
      if (!found || !(await isLeft(found))) continue;
      // A network whose containers are somebody's is refused by Docker itself.
      const removal = kind === 'container' ? removeContainers(docker, [id]) : removeNetwork(docker, id);
      await removal.then(
        () => removed.push(found.Name.replace(/^\//, '')),
        () => undefined,
      );
    }
  }
  return removed;
}

/** With their anonymous volumes. One that is gone, or is being removed, is as good. */
async function removeContainers(docker: Docker, ids: string[]): Promise<void> {
  if (ids.length > 0) await docker.run(['rm', '--force', '--volumes', ...ids]).catch(unlessGone);
}

/** Repeated, since a container that has just been removed still counts for a moment. */
async function removeNetwork(docker: Docker, id: string): Promise<void> {
  await retry(() => docker.run(['network', 'rm', id]).catch(unlessGone), { attempts: 4, firstMs: 100, maxMs: 1_000 });
}

function unlessGone(error: unknown): void {
  const isGone = error instanceof DockerFailed && (error.isAbsence || /already in progress/.test(error.message));
  if (!isGone) throw error;
}

const idsOf = async (docker: Docker, list: string[]): Promise<string[]> =>
  (await docker.run([...list, '--quiet', '--no-trunc'])).split('\n').filter((line) => line !== '');

function startTimes(docker: Docker): (id: string) => Promise<string | undefined> {
  return async (id) => {
    const found = await docker.inspect<Found>('container', id);
    return found?.State?.Running ? found.State.StartedAt : undefined;
  };
}
