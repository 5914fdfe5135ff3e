import {
  type JobRequirement,
  labelSetKey,
  mayTake,
  type RunnerFacts,
  surplusLabels,
  type Wall,
} from '../../workflow/routing.ts';

/** A job that waits for a runner. */
export interface QueuedJob {
  id: number;
  requirement: JobRequirement;
  /** When it became ready, ms since the epoch; the order of service. */
  readyAtMs: number;
}

/** An idle runner's long poll. */
export interface ParkedPoll {
  runner: RunnerFacts;
  /** Called at most once; the poll is no longer parked then. */
  offer(job: QueuedJob): void;
}

interface JobKind {
  requirement: JobRequirement;
  /** In the order they became ready. */
  jobs: Map<number, QueuedJob>;
  /** The one that became ready last. */
  newest: QueuedJob | undefined;
}

interface RunnerKind {
  facts: RunnerFacts;
  polls: Map<number, ParkedPoll>;
}

/**
 * Brings queued jobs and parked polls together (DESIGN 4.4). Both are grouped by what decides a match, so that a
 * match costs by the number of kinds of runner and of job, not by their count. In memory only: after a restart polls
 * come back and queued jobs are read anew.
 */
export class Dispatcher {
  readonly #jobKinds = new Map<string, JobKind>();
  readonly #kindOfJob = new Map<number, string>();
  readonly #runnerKinds = new Map<string, RunnerKind>();
  readonly #kindOfRunner = new Map<number, string>();
  /** Every wall that a runner may stand behind: what else makes two jobs different. */
  #walls: readonly Wall[] = [];

  /** A job became ready: offered at once to the idle runner with the fewest surplus labels (SEM-13.8), else kept. */
  enqueue(job: QueuedJob): void {
    const key = labelSetKey(job.requirement, this.#walls);
    const before = this.#kindOfJob.get(job.id);
    if (before === key) return;
    // A scale set has taken it since.
    if (before !== undefined) this.withdraw(job.id);
    const poll = this.#bestPoll(job.requirement);
    if (poll) {
      this.unpark(poll.runner.id);
      poll.offer(job);
      return;
    }
    const known = this.#jobKinds.get(key);
    const kind: JobKind = known ?? { requirement: job.requirement, jobs: new Map(), newest: undefined };
    kind.jobs = inserted(kind.jobs, job, kind.newest);
    if (!kind.newest || isBefore(kind.newest, job)) kind.newest = job;
    this.#jobKinds.set(key, kind);
    this.#kindOfJob.set(job.id, key);
  }

  withdraw(jobId: number): void {
    const key = this.#kindOfJob.get(jobId);
    if (key === undefined) return;
    this.#kindOfJob.delete(jobId);
    const kind = this.#jobKinds.get(key);
    kind?.jobs.delete(jobId);
    if (kind?.jobs.size === 0) this.#jobKinds.delete(key);
  }

  /** An idle runner asks for work: it gets the job that has waited longest of those it may take (SEM-13.8). */
  park(poll: ParkedPoll): void {
    this.unpark(poll.runner.id);
    const job = this.#oldestJob(poll.runner);
    if (job) {
      this.withdraw(job.id);
      poll.offer(job);
      return;
    }
    const key = runnerKey(poll.runner);
    const kind = this.#runnerKinds.get(key) ?? { facts: poll.runner, polls: new Map() };
    kind.polls.set(poll.runner.id, poll);
    this.#runnerKinds.set(key, kind);
    this.#kindOfRunner.set(poll.runner.id, key);
  }

  unpark(runnerId: number): void {
    const key = this.#kindOfRunner.get(runnerId);
    if (key === undefined) return;
    this.#kindOfRunner.delete(runnerId);
    const kind = this.#runnerKinds.get(key);
    kind?.polls.delete(runnerId);
    if (kind?.polls.size === 0) this.#runnerKinds.delete(key);
  }

  /** Walls were set or taken away: everything is grouped anew, and what may go together now does at once. */
  regroup(walls: readonly Wall[]): void {
    const jobs = [...this.#jobKinds.values()].flatMap((kind) => [...kind.jobs.values()]);
    const polls = [...this.#runnerKinds.values()].flatMap((kind) => [...kind.polls.values()]);
    for (const groups of [this.#jobKinds, this.#kindOfJob, this.#runnerKinds, this.#kindOfRunner]) groups.clear();
    this.#walls = walls;
    for (const poll of polls) this.park(poll);
    for (const job of jobs.sort((a, b) => (isBefore(a, b) ? -1 : 1))) this.enqueue(job);
  }

  get queuedCount(): number {
    return this.#kindOfJob.size;
  }

  get parkedCount(): number {
    return this.#kindOfRunner.size;
  }

  #bestPoll(requirement: JobRequirement): ParkedPoll | undefined {
    let best: RunnerKind | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const kind of this.#runnerKinds.values()) {
      if (!mayTake(requirement, kind.facts)) continue;
      const surplus = surplusLabels(requirement, kind.facts);
      if (surplus < fewest) [best, fewest] = [kind, surplus];
    }
    // The one that has been idle longest.
    return best?.polls.values().next().value;
  }

  #oldestJob(runner: RunnerFacts): QueuedJob | undefined {
    let oldest: QueuedJob | undefined;
    for (const kind of this.#jobKinds.values()) {
      const first = kind.jobs.values().next().value;
      if (!first || (oldest && !isBefore(first, oldest))) continue;
      if (mayTake(kind.requirement, runner)) oldest = first;
    }
    return oldest;
  }
}

const isBefore = (a: QueuedJob, b: QueuedJob): boolean =>
  a.readyAtMs < b.readyAtMs || (a.readyAtMs === b.readyAtMs && a.id < b.id);

/** New jobs go to the end; one that is offered again goes back to its old place. */
function inserted(jobs: Map<number, QueuedJob>, job: QueuedJob, newest: QueuedJob | undefined): Map<number, QueuedJob> {
  if (!newest || isBefore(newest, job)) return jobs.set(job.id, job);
  const sorted = [...jobs.values(), job].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  return new Map(sorted.map((entry) => [entry.id, entry]));
}

/** Equal for runners that every job treats alike. */
function runnerKey({ labels, group, scope, wall, groupWall, scaleSet }: RunnerFacts): string {
  const key = JSON.stringify([group, scope, scaleSet ?? null, [...labels].sort()]).toLowerCase();
  return wall || groupWall ? `${key} ${JSON.stringify([wall, groupWall])}` : key;
}
