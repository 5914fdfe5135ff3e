import type { JobEvent, RunEvent, StepEvent, WatchEvent } from '../watch/events.ts';

/** Lines of a step that are kept to be shown again when it fails. */
const KEPT_LINES = 15;

export interface StepState {
  event: StepEvent;
  lastLines: string[];
}

export interface JobState {
  event: JobEvent;
  steps: Map<number, StepState>;
}

export interface RunState {
  event: RunEvent;
  jobs: Map<number, JobState>;
}

/** What is known of the watched runs: the last of each event, in the order in which things first appeared. */
export class Runs {
  readonly runs = new Map<number, RunState>();

  apply(event: WatchEvent): void {
    switch (event.type) {
      case 'run':
        this.runs.set(event.id, { jobs: new Map(), ...this.runs.get(event.id), event });
        break;
      case 'job': {
        const jobs = this.runs.get(event.runId)?.jobs;
        jobs?.set(event.id, { steps: new Map(), ...jobs.get(event.id), event });
        break;
      }
      case 'step': {
        const steps = this.job(event)?.steps;
        steps?.set(event.number, { lastLines: [], ...steps.get(event.number), event });
        break;
      }
      case 'log': {
        const lines = this.job(event)?.steps.get(event.step)?.lastLines;
        lines?.push(event.text);
        if (lines && lines.length > KEPT_LINES) lines.shift();
        break;
      }
    }
  }

  job({ runId, jobId }: { runId: number; jobId: number }): JobState | undefined {
    return this.runs.get(runId)?.jobs.get(jobId);
  }

  /** Steps that failed their job, with it. */
  *failures(): Generator<{ job: JobState; steps: StepState[] }> {
    for (const { jobs } of this.runs.values()) {
      for (const job of jobs.values()) {
        const { conclusion } = job.event;
        if (conclusion !== 'failure' && conclusion !== 'timed_out') continue;
        const isFailed = ({ event }: StepState): boolean =>
          event.conclusion === 'failure' || event.conclusion === 'timed_out';
        yield { job, steps: [...job.steps.values()].filter(isFailed) };
      }
    }
  }
}
