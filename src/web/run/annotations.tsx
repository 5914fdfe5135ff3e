import { AlertIcon, InfoIcon, XCircleIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { Annotation, Job } from '../../protocol/dashboard/index.ts';
import { FirstItems } from '../components/first-items.tsx';

const icons = { failure: XCircleIcon, warning: AlertIcon, notice: InfoIcon };

/** What the jobs reported about themselves, with a link to the step. */
export function Annotations({ jobs }: { jobs: readonly Job[] }) {
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
          <AnnotationRow key={index} job={job} annotation={annotation} />
        )}
      </FirstItems>
    </section>
  );
}

function AnnotationRow({ job, annotation }: { job: Job; annotation: Annotation }) {
  const { level, title, message, path, line, stepNumber } = annotation;
  const Icon = icons[level];
  const step = stepNumber === null ? '' : `#step:${stepNumber}`;
  return (
    <li className={`annotation annotation-${level}`}>
      <Icon size={16} aria-label={level} />
      <div>
        <p className="small muted">
          <Link href={`/runs/${job.runId}/jobs/${job.id}${step}`}>{job.name}</Link>
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
