import { Link } from 'wouter';
import type { Job } from '../../protocol/dashboard/index.ts';
import { Sentence } from '../components/sentence.tsx';
import { type HasStatus, stateOf } from '../format/state.ts';
import { jobPath } from './paths.ts';

/** The one sentence that says why a run or job waits, was skipped, or failed without a step to blame. */
export function Reason({ of }: { of: HasStatus & { reason: string | null } }) {
  if (of.reason === null) return null;
  return (
    <p className={`reason reason-${stateOf(of)}`}>
      <Sentence text={of.reason} />
    </p>
  );
}

interface FailedStepProps {
  job: Job;
  /** When it is not the newest. */
  attempt: number | undefined;
}

/** The step that failed a job, and what it said first. */
export function FailedStep({ job, attempt }: FailedStepProps) {
  const step = job.steps.find(({ conclusion }) => conclusion === 'failure');
  if (!step) return null;
  const said = job.annotations.find(({ level, stepNumber }) => level === 'failure' && stepNumber === step.number);
  return (
    <p className="reason reason-failure">
      Failed in <Link href={jobPath(job, attempt, `#step:${step.number}`)}>{step.name}</Link>
      {said && `: ${said.message}`}
    </p>
  );
}
