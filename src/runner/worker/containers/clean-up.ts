/** Removes containers and networks: those of one job, and those whose runner is proven dead (SEM-14.3). */
import { tmpdir } from 'node:os';
import { retry } from '../../../common/back-off.ts';
import { sleep } from '../../../common/clock.ts';
import { errorText } from '../../../common/errors.ts';
import { Docker, DockerFailed } from './docker.ts';
import { actionImageName, LABELS } from './labels.ts';
import { isDead, localFacts } from './lease.ts';

/** Of `docker inspect` for containers, networks and images, what is needed here. */
interface Found {
  Name?: string;
  RepoTags?: string[];
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
  await attempt(removeNetworks(docker, await idsOf(docker, ['network', 'ls', ...filter])));
  const images = await idsOf(docker, ['images', '--filter', `reference=${actionImageName(job, '*')}`]);
  await attempt(removeImages(docker, images));
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
  for (const { kind, list, remove } of REMOVALS) {
    for (const id of await idsOf(docker, [...list, '--filter', `label=${LABELS.lease}`])) {
      const found = await docker.inspect<Found>(kind, id);
      if (!found || !(await isLeft(found))) continue;
      await remove(docker, [id]).then(
        () => removed.push(found.Name?.replace(/^\//, '') ?? found.RepoTags?.[0] ?? id),
        () => undefined,
      );
    }
  }
  return removed;
}

/** A network whose containers are somebody's, and an image that is in use, are refused by Docker itself. */
const REMOVALS = [
  { kind: 'container', list: ['ps', '--all'], remove: removeContainers },
  { kind: 'network', list: ['network', 'ls'], remove: removeNetworks },
  { kind: 'image', list: ['images'], remove: removeImages },
] as const;

/** With their anonymous volumes. One that is gone, or is being removed, is as good. */
async function removeContainers(docker: Docker, ids: string[]): Promise<void> {
  if (ids.length > 0) await docker.run(['rm', '--force', '--volumes', ...ids]).catch(unlessGone);
}

/** Repeated, since a container that has just been removed still counts for a moment. */
async function removeNetworks(docker: Docker, ids: string[]): Promise<void> {
  for (const id of ids) {
    await retry(() => docker.run(['network', 'rm', id]).catch(unlessGone), { attempts: 4, firstMs: 100, maxMs: 1_000 });
  }
}

/** What they were built on stays: the next build is quick. */
async function removeImages(docker: Docker, ids: string[]): Promise<void> {
  if (ids.length > 0) await docker.run(['rmi', '--force', '--no-prune', ...new Set(ids)]).catch(unlessGone);
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
