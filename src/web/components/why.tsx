import { AlertIcon, QuestionIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import type { Explanation, JobAtFleet } from '../../protocol/dashboard/index.ts';
import { useExplanation, useJobAtFleet } from '../api/queries.ts';
import { Sentence } from './sentence.tsx';

interface WhyProps {
  kind: 'run' | 'job';
  id: number;
  name: string;
}

/** "Why?": a button that unfolds the explanation of a run or a job, of server and fleet. */
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

/** Jobs of one run that the fleet is asked about; the others are like them. */
const maxAsked = 20;

function ExplanationText({ explanation, isAsked = true }: { explanation: Explanation; isAsked?: boolean }) {
  const { subject, sentences, jobs = [], asks } = explanation;
  const { data } = useJobAtFleet(subject.id, isAsked && (asks?.isQueued === true || typeof asks?.runner === 'string'));
  const history = data?.history ?? explanation.history;
  return (
    <>
      {sentences.length === 0 && <p className="muted">Nothing is recorded.</p>}
      {sentences.map((sentence) => (
        <p key={sentence}>
          <Sentence text={sentence} />
        </p>
      ))}
      {data && <FleetPart job={data} />}
      {history.length > 0 && <History history={history} />}
      {jobs.map((job, index) => (
        <section key={job.subject.id}>
          <h4>{job.subject.name}</h4>
          <ExplanationText explanation={job} isAsked={index < maxAsked} />
        </section>
      ))}
    </>
  );
}

/** The first broken link, and what stands between the job and a runner of each pool that could take it. */
function FleetPart({ job: { fleet, firstBrokenLink } }: { job: JobAtFleet }) {
  if (!fleet) return null;
  const pools = 'pools' in fleet ? fleet.pools : [];
  return (
    <>
      {firstBrokenLink && (
        <p className="problem">
          <AlertIcon size={14} />
          <span>
            First broken link: <Sentence text={firstBrokenLink.text} />
          </span>
        </p>
      )}
      {'cause' in fleet && fleet.cause !== null && pools.length > 0 && (
        <ul className="pools-of-job" aria-label="Pools that could take it">
          {pools.map(({ namespace, name, text }) => (
            <li key={`${namespace}/${name}`}>
              Pool{' '}
              <Link href={`/pools/${namespace}/${name}`}>
                {namespace === 'default' ? name : `${namespace}/${name}`}
              </Link>
              : <Sentence text={text} />
            </li>
          ))}
        </ul>
      )}
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
