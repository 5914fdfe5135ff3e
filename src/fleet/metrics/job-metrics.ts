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

const OF_JOB = ['runs_on', 'organization', 'repository', 'repository_full_name', 'owner'];
const OF_ENDED_JOB = [...OF_JOB, 'job_conclusion'];
const OF_SET = ['enterprise', 'organization', 'repository', 'job_name', 'event_name'];
const OF_ENDED_SET = [...OF_SET, 'job_result'];

function metricsIn(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, labelNames: string[], help: string) =>
    new Counter({ name, help, labelNames, registers });
  const seconds = (name: string, labelNames: string[], help: string) =>
    new Histogram({ name, help, labelNames, buckets: BUCKETS, registers });
  return {
    queued: counter('github_workflow_jobs_queued_total', OF_JOB, 'Jobs that were queued.'),
    started: counter('github_workflow_jobs_started_total', OF_JOB, 'Jobs that were started.'),
    completed: counter('github_workflow_jobs_completed_total', OF_JOB, 'Jobs that ended.'),
    conclusions: counter('github_workflow_job_conclusions_total', OF_ENDED_JOB, 'Ends of jobs.'),
    queueSeconds: seconds(
      'github_workflow_job_queue_duration_seconds',
      OF_JOB,
      'From queued to started, of jobs that were started.',
    ),
    runSeconds: seconds('github_workflow_job_run_duration_seconds', OF_ENDED_JOB, 'From started to ended.'),
    setStarted: counter('gha_started_jobs_total', OF_SET, 'Jobs that runners of scale sets began.'),
    setCompleted: counter('gha_completed_jobs_total', OF_ENDED_SET, 'Jobs that runners of scale sets ended.'),
    setStartup: seconds(
      'gha_job_startup_duration_seconds',
      OF_SET,
      'From the assignment of a job to the scale set until a runner has it.',
    ),
    setExecution: seconds(
      'gha_job_execution_duration_seconds',
      OF_ENDED_SET,
      'From the runner that has it to its end.',
    ),
  };
}

/** Counts what happens to jobs: those that webhooks and listings tell of (9.2), and those of scale sets (9.3). */
export class JobMetrics {
  readonly #metrics: ReturnType<typeof metricsIn>;

  constructor(registry: Registry) {
    this.#metrics = metricsIn(registry);
  }

  /** @param before what was known of the job until now */
  fact(fact: JobFact, before: JobFact | undefined): void {
    const { queued, started, completed, conclusions, queueSeconds, runSeconds } = this.#metrics;
    const labels = jobLabels(fact);
    const seconds = (fact.changedAtMs - fact.queuedAtMs) / 1_000;
    if (fact.status === 'queued' && before?.status !== 'queued') queued.inc(labels);
    if (fact.status === 'in_progress' && before?.status !== 'in_progress') {
      started.inc(labels);
      queueSeconds.observe(labels, Math.max(0, seconds));
    }
    if (fact.status !== 'completed') return;
    const concluded = { ...labels, job_conclusion: fact.conclusion ?? '' };
    completed.inc(labels);
    conclusions.inc(concluded);
    if (before?.status !== 'in_progress') return;
    runSeconds.observe(concluded, Math.max(0, (fact.changedAtMs - before.changedAtMs) / 1_000));
  }

  ofScaleSet(scope: RunnerScope | undefined, job: ScaleSetJob): void {
    const { setStarted, setCompleted, setStartup, setExecution } = this.#metrics;
    const labels = { ...scopeLabels(scope), job_name: job.jobDisplayName, event_name: job.eventName };
    if (job.messageType === 'JobStarted') {
      setStarted.inc(labels);
      observe(setStartup, labels, job.scaleSetAssignTime, job.runnerAssignTime);
    }
    if (job.messageType === 'JobCompleted') {
      const ended = { ...labels, job_result: job.result ?? '' };
      setCompleted.inc(ended);
      observe(setExecution, ended, job.runnerAssignTime, job.finishTime);
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
