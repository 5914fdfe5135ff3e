import { stepsOfJobs } from '../../store/steps.ts';
import type { ServerContext } from '../context.ts';
import type { LiveLines } from '../runner-service/live-logs.ts';
import type { EventStream } from './event-stream.ts';

const PAUSE_MS = 50;
/** Lines that may wait of one step; with more the page sees a gap in the numbers and reads them. */
const MAX_WAITING_LINES = 20_000;

/** Sends one page the lines of one job as they come, some times a second. */
export class LogTail {
  readonly #context: ServerContext;
  readonly #jobId: number;
  readonly #stream: EventStream;
  readonly #waiting = new Map<string, LiveLines>();
  readonly #numbers = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(context: ServerContext, jobId: number, stream: EventStream) {
    this.#context = context;
    this.#jobId = jobId;
    this.#stream = stream;
    this.#unsubscribe = context.liveLogs.subscribe(jobId, (lines) => this.#take(lines));
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#cancel?.();
    this.#waiting.clear();
  }

  #take({ stepId, from, lines }: LiveLines): void {
    const waiting = this.#waiting.get(stepId);
    const follows = waiting && waiting.from + waiting.lines.length === from;
    if (follows && waiting.lines.length < MAX_WAITING_LINES) for (const line of lines) waiting.lines.push(line);
    else this.#waiting.set(stepId, { stepId, from, lines: [...lines] });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#cancel || this.#isClosed) return;
    this.#cancel = this.#context.clock.after(PAUSE_MS, () => {
      this.#flush().then(
        () => this.#flushed(),
        (error: unknown) => {
          this.#context.logger.error({ err: error, jobId: this.#jobId }, 'live lines were not sent');
          this.#flushed();
        },
      );
    });
  }

  #flushed(): void {
    this.#cancel = undefined;
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** Lines of a step that is not known yet wait: its first state comes within half a second. */
  async #flush(): Promise<void> {
    if ([...this.#waiting.keys()].some((stepId) => !this.#numbers.has(stepId))) await this.#learnNumbers();
    for (const [stepId, { from, lines }] of this.#waiting) {
      const step = this.#numbers.get(stepId);
      if (step === undefined) continue;
      this.#waiting.delete(stepId);
      this.#stream.send('log', { jobId: this.#jobId, step, from, lines });
    }
  }

  async #learnNumbers(): Promise<void> {
    for (const step of await stepsOfJobs(this.#context.db, [this.#jobId])) {
      this.#numbers.set(step.external_id, step.number);
    }
  }
}
