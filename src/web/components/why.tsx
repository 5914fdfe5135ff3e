import { QuestionIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useId, useState } from 'react';
import type { Explanation } from '../../protocol/dashboard/index.ts';
import { useExplanation } from '../api/queries.ts';
import { Sentence } from './sentence.tsx';

interface WhyProps {
  kind: 'run' | 'job';
  id: number;
  name: string;
}

/** "Why?": a button that unfolds the server's explanation of a run or a job. */
export function Why({ kind, id, name }: WhyProps) {
  const [isOpen, setOpen] = useState(false);
  const panel = useId();
  return (
    <div className="why">
      <Button
        size="small"
        variant="invisible"
        leadingVisual={QuestionIcon}
        aria-expanded={isOpen}
        aria-controls={panel}
        aria-label={`Why? ${name}`}
        onClick={() => setOpen(!isOpen)}
      >
        Why?
      </Button>
      {isOpen && (
        <div id={panel} className="why-panel">
          <WhyContent kind={kind} id={id} />
        </div>
      )}
    </div>
  );
}

function WhyContent({ kind, id }: { kind: 'run' | 'job'; id: number }) {
  const { data, error, refetch } = useExplanation(kind, id, true);
  if (data) return <ExplanationText explanation={data} />;
  if (!error) return <span className="skeleton skeleton-text" role="status" aria-label="Loading" />;
  return (
    <p role="alert">
      {error.message}{' '}
      <Button size="small" onClick={() => void refetch()}>
        Try again
      </Button>
    </p>
  );
}

function ExplanationText({ explanation }: { explanation: Explanation }) {
  const { sentences, history, jobs = [] } = explanation;
  return (
    <>
      {sentences.length === 0 && <p className="muted">Nothing is recorded.</p>}
      {sentences.map((sentence) => (
        <p key={sentence}>
          <Sentence text={sentence} />
        </p>
      ))}
      {history.length > 0 && <History history={history} />}
      {jobs.map((job) => (
        <section key={job.subject.id}>
          <h4>{job.subject.name}</h4>
          <ExplanationText explanation={job} />
        </section>
      ))}
    </>
  );
}

function History({ history }: Pick<Explanation, 'history'>) {
  return (
    <ol className="history">
      {history.map(({ at, text }) => (
        <li key={`${at} ${text}`}>
          <time dateTime={at} title={at}>
            {new Date(at).toLocaleTimeString()}
          </time>
          <span>
            <Sentence text={text} />
          </span>
        </li>
      ))}
    </ol>
  );
}
