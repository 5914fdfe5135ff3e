import { AlertIcon, InfoIcon, XCircleIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Annotation, Job } from '../../protocol/dashboard/index.ts';
import { FirstItems } from '../components/first-items.tsx';
import { jobPath } from './paths.ts';

const icons = { failure: XCircleIcon, warning: AlertIcon, notice: InfoIcon };

interface AnnotationsProps {
  jobs: readonly Job[];
  /** When it is not the newest. */
  attempt?: number | undefined;
}

/** What the jobs reported about themselves, with a link to the step. */
export function Annotations({ jobs, attempt }: AnnotationsProps) {
  const found = jobs.flatMap((job) => job.annotations.map((annotation) => ({ job, annotation })));
  if (found.length === 0) return null;
  return (
    <section aria-labelledby="annotations">
      <h2 id="annotations">
        Annotations <span className="muted">{found.length}</span>
      </h2>
      <FirstItems items={found}>
        {({ job, annotation }, index) => (
          // By index: annotations have no identity and are only ever added.
          <AnnotationRow key={index} job={job} annotation={annotation} attempt={attempt} />
        )}
      </FirstItems>
    </section>
  );
}

interface AnnotationRowProps {
  job: Job;
  annotation: Annotation;
  attempt: number | undefined;
}

function AnnotationRow({ job, annotation, attempt }: AnnotationRowProps) {
  const { level, title, message, path, line, stepNumber } = annotation;
  const Icon = icons[level];
  const step = stepNumber === null ? '' : `#step:${stepNumber}`;
  return (
    <li className={`annotation annotation-${level}`}>
      <Icon size={16} aria-label={level} />
      <div>
        <p className="small muted">
          <Link href={jobPath(job, attempt, step)}>{job.name}</Link>
          {path && (
            <code>
              {' '}
              {path}
              {line !== null && `:${line}`}
            </code>
          )}
        </p>
        {title && <p className="strong">{title}</p>}
        <p className="pre-wrap">{message}</p>
      </div>
    </li>
  );
}
