import { AlertIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Job, StepSummary } from '../../protocol/dashboard/index.ts';
import { useSummary } from '../api/queries.ts';
import { FirstItems } from '../components/first-items.tsx';
import { SkeletonRows } from '../components/page-state.tsx';
import { jobPath } from './paths.ts';

interface SummariesProps {
  jobs: readonly Job[];
  /** When it is not the newest. */
  attempt?: number | undefined;
}

/** What the jobs wrote about themselves (SEM-24.7); nothing while none has. */
export function Summaries({ jobs, attempt }: SummariesProps) {
  const written = jobs.filter(({ summaries }) => summaries > 0);
  if (written.length === 0) return null;
  return (
    <section aria-labelledby="summaries">
      <h2 id="summaries">
        Summaries <span className="muted">{written.length}</span>
      </h2>
      <FirstItems items={written}>
        {(job) => (
          <li key={job.id} className="summary-card">
            <h3>
              <Link href={jobPath(job, attempt)}>{job.name}</Link>
            </h3>
            <OfJob job={job} />
          </li>
        )}
      </FirstItems>
    </section>
  );
}

function OfJob({ job }: { job: Job }) {
  const { data, error, refetch } = useSummary(job.id, job.summaries);
  if (data) {
    return (
      <>
        {data.steps.map((step) => (
          <Markdown key={step.number} step={step} />
        ))}
        {data.leftOut > 0 && (
          <p className="muted small">
            {data.leftOut} more {data.leftOut === 1 ? 'step has' : 'steps have'} written a summary; the first{' '}
            {data.steps.length} are shown.
          </p>
        )}
      </>
    );
  }
  if (!error) return <SkeletonRows rows={2} height={28} />;
  return (
    <p role="alert">
      <AlertIcon size={16} /> {error.message}{' '}
      <Button size="small" onClick={() => void refetch()}>
        Try again
      </Button>
    </p>
  );
}

/** The library comes with the first summary: most runs have none. */
function Markdown({ step: { name, markdown } }: { step: StepSummary }) {
  const place = useRef<HTMLDivElement>(null);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    let isWanted = true;
    const show = ({ renderMarkdown }: typeof import('./markdown.ts')): void => {
      if (!isWanted) return;
      place.current?.replaceChildren(renderMarkdown(markdown));
      setShown(true);
    };
    const showText = (): void => {
      if (!isWanted) return;
      place.current?.replaceChildren(markdown);
      setShown(true);
    };
    import('./markdown.ts').then(show, showText);
    return () => {
      isWanted = false;
    };
  }, [markdown]);
  return (
    <>
      {!isShown && <SkeletonRows rows={1} height={28} />}
      <section ref={place} className="markdown" aria-label={`Summary of ${name}`} />
    </>
  );
}
