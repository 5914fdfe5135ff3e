import { Link } from 'wouter';
import type { Job } from '../../protocol/dashboard/index.ts';
import { Sentence } from '../components/sentence.tsx';
import { stateOf } from '../format/state.ts';

/** The one sentence that says why a job waits, was skipped, or failed without a step to blame. */
export function Reason({ job }: { job: Job }) {
  if (job.reason === null) return null;
  return (
    <p className={`reason reason-${stateOf(job)}`}>
      <Sentence text={job.reason} />
    </p>
  );
}

/** The step that failed a job, and what it said first. */
export function FailedStep({ job }: { job: Job }) {
  const step = job.steps.find(({ conclusion }) => conclusion === 'failure');
  if (!step) return null;
  const said = job.annotations.find(({ level, stepNumber }) => level === 'failure' && stepNumber === step.number);
  return (
    <p className="reason reason-failure">
      Failed in <Link href={`/runs/${job.runId}/jobs/${job.id}#step:${step.number}`}>{step.name}</Link>
      {said && `: ${said.message}`}
    </p>
  );
}
