import type { Clock } from '../../common/clock.ts';
import type { JobRow } from '../../store/jobs.ts';

/** What falls due for a job when nothing happens. */
export type DeadlineKind = 'environment' | 'acquire' | 'lease' | 'time-out' | 'cancel' | 'queue';

export interface Deadline {
  kind: DeadlineKind;
  /** ms since the epoch. */
  at: number;
}

/** SEM-13.5: a job waits at most this long for a runner. */
const LONGEST_QUEUE_MS = 24 * 60 * 60 * 1000;
/** The runner's listener kills the worker before the cancel time-out ends; only then is it the server's turn. */
const CANCEL_SLACK_MS = 15_000;

/** The next deadline of a job, from its row alone: after a restart the same ones are found again. */
export function nextDeadline(job: JobRow): Deadline | undefined {
  const leaseAt = Date.parse(job.lease_until ?? '');
  switch (job.phase) {
    case 'waiting':
      return { kind: 'environment', at: Date.parse(job.waiting_until ?? '') };
    case 'queued':
      return { kind: 'queue', at: Date.parse(job.queued_at ?? '') + LONGEST_QUEUE_MS };
    case 'assigned':
      return { kind: 'acquire', at: leaseAt };
    case 'running': {
      const limit = runningLimit(job);
      return leaseAt <= limit.at ? { kind: 'lease', at: leaseAt } : limit;
    }
    default:
      return undefined;
  }
}

function runningLimit(job: JobRow): Deadline {
  if (job.cancel_requested_at !== null) {
    const graceMs = Math.max(1, job.cancel_timeout_minutes) * 60_000 + CANCEL_SLACK_MS;
    return { kind: 'cancel', at: Date.parse(job.cancel_requested_at) + graceMs };
  }
  return { kind: 'time-out', at: Date.parse(job.started_at ?? '') + job.timeout_minutes * 60_000 };
}

/** One timer per job that has a deadline. */
export class Deadlines {
  readonly #timers = new Map<number, { deadline: Deadline; cancel: () => void }>();
  readonly #clock: Clock;
  readonly #onDue: (jobId: number) => void;

  constructor(clock: Clock, onDue: (jobId: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  update(job: JobRow): void {
    const deadline = nextDeadline(job);
    this.#timers.get(job.id)?.cancel();
    if (!deadline) {
      this.#timers.delete(job.id);
      return;
    }
    const cancel = this.#clock.after(Math.max(0, deadline.at - this.#clock.now()), () => {
      this.#timers.delete(job.id);
      this.#onDue(job.id);
    });
    this.#timers.set(job.id, { deadline, cancel });
  }

  close(): void {
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
