import type { Annotation, Conclusion, Explanation, Status } from '../../protocol/dashboard/index.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { RunAttemptRow } from '../../store/run-attempts.ts';
import { isWaiting } from '../../store/run-status.ts';
import type { JobPhase } from '../../store/tables/jobs.ts';
import { describeWait, type JobRequirement, type RunnerFacts } from '../../workflow/routing.ts';
import { describeError } from './conclude.ts';
import { parseKeys, resultOf } from './contexts.ts';
import { attemptHistory } from './explain-attempts.ts';
import { levelOf, type RunBundle } from './run-bundle.ts';

/** SEM-31.1: what people see of a phase. */
export function statusOf(phase: JobPhase): Status {
  const statuses: Record<JobPhase, Status> = {
    blocked: 'pending',
    held: 'queued',
    pending: 'pending',
    waiting: 'waiting',
    calling: 'in_progress',
    queued: 'queued',
    assigned: 'queued',
    running: 'in_progress',
    completed: 'completed',
  };
  return statuses[phase];
}

/** What an explanation is made from; a pure function of it. */
export interface ExplainInput {
  bundle: RunBundle;
  reasons: (jobId: number) => { at: string; text: string }[];
  failedSteps: (jobId: number) => string[];
  requirement: (job: JobRow) => JobRequirement;
  runners: RunnerFacts[];
  /** As their runners would be. */
  scaleSets: RunnerFacts[];
  earlierAttempts: RunAttemptRow[];
  /** When the event was taken in that started the run. */
  receivedAt: string | null;
  /** When the first step of a job began, as its runner says. */
  firstStepAt: (jobId: number) => string | null;
  /** Why the run as a whole waits. */
  runReason: string | null;
}

export function explainRun(input: ExplainInput): Explanation {
  const { run, jobs, workflow } = input.bundle;
  return {
    subject: { kind: 'run', id: run.id, name: run.title },
    status: run.status !== 'completed' && isWaiting(jobs) ? 'waiting' : run.status,
    conclusion: run.conclusion as Conclusion | null,
    sentences: [...runSentences(input), ...workflow.warnings.map(describeError)],
    history: [
      ...received(input),
      ...attemptHistory(input.bundle, input.earlierAttempts),
      ...(run.cancel_requested_at ? [{ at: run.cancel_requested_at, text: 'Cancellation was asked for.' }] : []),
      ...(run.completed_at ? [{ at: run.completed_at, text: `Ended with ${run.conclusion}.` }] : []),
    ],
    jobs: jobs.map((job) => explainJob(input, job)),
  };
}

function runSentences({ bundle: { run, jobs }, runReason }: ExplainInput): string[] {
  if (runReason !== null) return [runReason];
  if (run.conclusion === 'startup_failure') {
    const errors = JSON.parse(run.errors) as Parameters<typeof describeError>[0][];
    return ['The workflow file has errors, so no job was started.', ...errors.map(describeError)];
  }
  const named = (phases: JobPhase[]): string =>
    jobs
      .filter(({ phase }) => phases.includes(phase))
      .map(({ name }) => name)
      .join(', ');
  const running = named(['running']);
  const waiting = named(['queued', 'assigned', 'held']);
  const protectedJobs = named(['waiting']);
  const blocked = named(['blocked']);
  const sentences: string[] = [];
  if (running) sentences.push(`Running: ${running}.`);
  if (waiting) sentences.push(`Waiting for a runner: ${waiting}.`);
  if (protectedJobs) sentences.push(`Waiting for the rules of an environment: ${protectedJobs}.`);
  if (blocked) sentences.push(`Waiting for other jobs: ${blocked}.`);
  if (run.status === 'completed') sentences.push(...conclusionSentences(run.conclusion ?? '', jobs));
  return sentences;
}

function conclusionSentences(conclusion: string, jobs: JobRow[]): string[] {
  const count = (wanted: string): number => jobs.filter((job) => job.conclusion === wanted).length;
  const parts = ['success', 'failure', 'cancelled', 'skipped'].flatMap((wanted) =>
    count(wanted) > 0 ? [`${count(wanted)} ${wanted}`] : [],
  );
  return [`The run ended with ${conclusion}: ${parts.join(', ')}.`];
}

/** The event is told once: of the run. */
const received = ({ receivedAt, bundle: { run } }: ExplainInput): Explanation['history'] =>
  receivedAt === null ? [] : [{ at: receivedAt, text: `The event ${run.event} was taken in.` }];

/** A job asked about by itself, with what came before it: the event and its run. */
export function explainJobAlone(input: ExplainInput, job: JobRow): Explanation {
  const explanation = explainJob(input, job);
  const before = [...received(input), ...attemptHistory(input.bundle, input.earlierAttempts)];
  return { ...explanation, history: [...before, ...explanation.history] };
}

export function explainJob(input: ExplainInput, job: JobRow): Explanation {
  const { owner, name } = input.bundle.repository;
  return {
    asks: {
      repository: `${owner}/${name}`,
      labels: JSON.parse(job.labels) as string[],
      group: job.runner_group,
      runner: job.runner_name,
      isQueued: job.phase === 'queued',
    },
    subject: { kind: 'job', id: job.id, name: job.name },
    status: statusOf(job.phase),
    conclusion: job.conclusion as Conclusion | null,
    sentences: jobSentences(input, job),
    history: history(input, job),
  };
}

/** The most telling sentence about a job that waits for a runner. */
export function shortReason(
  requirement: JobRequirement,
  runners: RunnerFacts[],
  scaleSets: RunnerFacts[],
): string | null {
  return describeWait(requirement, runners, scaleSets)[0] ?? null;
}

function jobSentences(input: ExplainInput, job: JobRow): string[] {
  switch (job.phase) {
    case 'blocked':
      return [describeNeeds(input.bundle, job)];
    case 'held':
      return ['It waits because as many jobs of its matrix as max-parallel allows are under way.'];
    case 'pending':
    case 'waiting':
      return [job.reason ?? 'It waits.'];
    case 'calling':
      return [describeCall(input.bundle, job)];
    case 'queued':
      return [
        `It waits for a runner ${wantedText(job)}.`,
        ...describeWait(input.requirement(job), input.runners, input.scaleSets),
      ];
    case 'assigned':
      return [`It was offered to ${job.runner_name}, which has not taken it yet.`];
    case 'running':
      return job.cancel_requested_at === null
        ? [`It runs on ${job.runner_name}.`]
        : [`It is being cancelled on ${job.runner_name}.`];
    case 'completed':
      return completedSentences(input, job);
  }
}

function describeNeeds(bundle: RunBundle, job: JobRow): string {
  const { jobs } = levelOf(bundle, job);
  const open = parseKeys(job.needs).filter((key) => resultOf(jobs, key) === undefined);
  const described = open.map((key) => {
    const needed = jobs.find((other) => other.key === key && other.phase !== 'completed');
    return `${key} (${needed ? statusOf(needed.phase) : 'unknown'})`;
  });
  return `It needs ${described.join(', ')} to complete first.`;
}

function describeCall(bundle: RunBundle, job: JobRow): string {
  const level = bundle.levels.get(job.id);
  const open = level?.jobs.filter(({ phase }) => phase !== 'completed') ?? [];
  return `It calls ${level?.origin.path ?? 'a workflow'} and waits for ${open.map(({ name }) => name).join(', ')}.`;
}

function completedSentences(input: ExplainInput, job: JobRow): string[] {
  const sentences: string[] = [];
  if (job.reason) sentences.push(job.reason);
  const failed = input.failedSteps(job.id);
  if (failed.length > 0) sentences.push(`Failed in: ${failed.join(', ')}.`);
  const annotations = JSON.parse(job.annotations) as Annotation[];
  for (const { level, message } of annotations) {
    if (level === 'failure' && message !== job.reason) sentences.push(message);
  }
  if (job.runner_name && job.started_at)
    sentences.push(`It ran on ${job.runner_name} and ended with ${job.conclusion}.`);
  if (sentences.length === 0) sentences.push(`It ended with ${job.conclusion}.`);
  const isKept = job.superseded_in === null && job.attempt < input.bundle.run.attempt;
  return isKept ? [...sentences, `It ran in attempt ${job.attempt} and is kept.`] : sentences;
}

function history(input: ExplainInput, job: JobRow): { at: string; text: string }[] {
  const moments = [
    { at: job.created_at, text: 'Created.' },
    ...(job.queued_at ? [{ at: job.queued_at, text: `Ready; asks for a runner ${wantedText(job)}.` }] : []),
    ...input.reasons(job.id).map(({ at, text }) => ({ at, text })),
    ...firstStep(input, job),
    ...(job.completed_at ? [{ at: job.completed_at, text: `Ended with ${job.conclusion}.` }] : []),
  ];
  // Stable: moments of the same instant stay in the order in which they happened.
  return moments.sort((a, b) => a.at.localeCompare(b.at));
}

/** Its time is the runner's: in whole seconds, and by another clock. */
function firstStep({ firstStepAt }: ExplainInput, { id, started_at }: JobRow): Explanation['history'] {
  const at = firstStepAt(id);
  if (at === null) return [];
  const first = started_at !== null && started_at > at ? started_at : at;
  return [{ at: first, text: 'The first step began.' }];
}

/** `with the labels a, b in the group c`: one of the two is always there (SEM-13.1). */
function wantedText(job: JobRow): string {
  const labels = JSON.parse(job.labels) as string[];
  const parts = [
    labels.length > 0 ? `with the labels ${labels.join(', ')}` : '',
    job.runner_group === null ? '' : `in the group ${job.runner_group}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
