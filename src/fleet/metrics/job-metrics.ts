import { Counter, Histogram, type Registry } from 'prom-client';
import type { RunnerScope } from '../../protocol/github/runner-scope.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import type { JobFact } from '../demand/job-fact.ts';
import { scopeLabels } from './gauges.ts';

/** fleet-semantics 9.2: ARC's, so that its dashboards' heat maps fit. Seconds. */
const BUCKETS = [
  0.01, 0.05, 0.1, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120,
  150, 180, 210, 240, 300, 360, 420, 480, 540, 600, 900, 1200, 1800, 2400, 3000, 3600,
];

const OF_JOB = ['runs_on', 'organization', 'repository', 'repository_full_name', 'owner'] as const;
const OF_SET = ['enterprise', 'organization', 'repository', 'job_name', 'event_name'] as const;

/** Counts what happens to jobs: those that webhooks and listings tell of (9.2), and those of scale sets (9.3). */
export class JobMetrics {
  readonly #queued: Counter<string>;
  readonly #started: Counter<string>;
  readonly #completed: Counter<string>;
  readonly #conclusions: Counter<string>;
  readonly #queueSeconds: Histogram<string>;
  readonly #runSeconds: Histogram<string>;
  readonly #setStarted: Counter<string>;
  readonly #setCompleted: Counter<string>;
  readonly #setStartup: Histogram<string>;
  readonly #setExecution: Histogram<string>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: readonly string[]) =>
      new Counter({ name, help, labelNames: [...labelNames], registers });
    const histogram = (name: string, help: string, labelNames: readonly string[]) =>
      new Histogram({ name, help, labelNames: [...labelNames], buckets: BUCKETS, registers });
    this.#queued = counter('github_workflow_jobs_queued_total', 'Jobs that were queued.', OF_JOB);
    this.#started = counter('github_workflow_jobs_started_total', 'Jobs that were started.', OF_JOB);
    this.#completed = counter('github_workflow_jobs_completed_total', 'Jobs that ended.', OF_JOB);
    this.#conclusions = counter('github_workflow_job_conclusions_total', 'Ends of jobs.', [
      ...OF_JOB,
      'job_conclusion',
    ]);
    this.#queueSeconds = histogram(
      'github_workflow_job_queue_duration_seconds',
      'From queued to started, of jobs that were started.',
      OF_JOB,
    );
    this.#runSeconds = histogram('github_workflow_job_run_duration_seconds', 'From started to ended.', [
      ...OF_JOB,
      'job_conclusion',
    ]);
    this.#setStarted = counter('gha_started_jobs_total', 'Jobs that runners of scale sets began.', OF_SET);
    this.#setCompleted = counter('gha_completed_jobs_total', 'Jobs that runners of scale sets ended.', [
      ...OF_SET,
      'job_result',
    ]);
    this.#setStartup = histogram(
      'gha_job_startup_duration_seconds',
      'From the assignment of a job to the scale set until a runner has it.',
      OF_SET,
    );
    this.#setExecution = histogram('gha_job_execution_duration_seconds', 'From the runner that has it to its end.', [
      ...OF_SET,
      'job_result',
    ]);
  }

  /** @param before what was known of the job until now */
  fact(fact: JobFact, before: JobFact | undefined): void {
    const labels = jobLabels(fact);
    const seconds = (fact.changedAtMs - fact.queuedAtMs) / 1_000;
    if (fact.status === 'queued' && before?.status !== 'queued') this.#queued.inc(labels);
    if (fact.status === 'in_progress' && before?.status !== 'in_progress') {
      this.#started.inc(labels);
      this.#queueSeconds.observe(labels, Math.max(0, seconds));
    }
    if (fact.status !== 'completed') return;
    const concluded = { ...labels, job_conclusion: fact.conclusion ?? '' };
    this.#completed.inc(labels);
    this.#conclusions.inc(concluded);
    if (before?.status !== 'in_progress') return;
    this.#runSeconds.observe(concluded, Math.max(0, (fact.changedAtMs - before.changedAtMs) / 1_000));
  }

  ofScaleSet(scope: RunnerScope | undefined, job: ScaleSetJob): void {
    const labels = { ...scopeLabels(scope), job_name: job.jobDisplayName, event_name: job.eventName };
    if (job.messageType === 'JobStarted') {
      this.#setStarted.inc(labels);
      observe(this.#setStartup, labels, job.scaleSetAssignTime, job.runnerAssignTime);
    }
    if (job.messageType === 'JobCompleted') {
      const ended = { ...labels, job_result: job.result ?? '' };
      this.#setCompleted.inc(ended);
      observe(this.#setExecution, ended, job.runnerAssignTime, job.finishTime);
    }
  }
}

/** .NET's year 1, for a time that has not come. */
const EARLIEST_MS = 0;

function observe(histogram: Histogram<string>, labels: Record<string, string>, from: string, to: string): void {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs > EARLIEST_MS && toMs >= fromMs) histogram.observe(labels, (toMs - fromMs) / 1_000);
}

/** Names of jobs, workflows and branches are left out: they have no limit, and a series costs memory for ever (D-21). */
function jobLabels({ repository: fullName, labels }: JobFact) {
  const [owner = '', repository = ''] = fullName.split('/');
  return { runs_on: labels.join(','), organization: owner, repository, repository_full_name: fullName, owner };
}
