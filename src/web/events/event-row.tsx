import { GitCommitIcon, ZapIcon } from '@primer/octicons-react';
import { memo } from 'react';
import { Link } from 'wouter';
import type { ReceivedEvent } from '../../protocol/dashboard/index.ts';
import { FirstItems } from '../components/first-items.tsx';
import { RefLabel } from '../components/ref-label.tsx';
import { Sentence } from '../components/sentence.tsx';
import { StateIcon } from '../components/state-icon.tsx';
import { RelativeTime } from '../components/times.tsx';
import { runPath } from '../run/paths.ts';
import { eventsPath } from './events-path.ts';

/** An event, the runs that it started, and the workflows that it did not start, each with the reason. */
export const EventRow = memo(function EventRow({ event }: { event: ReceivedEvent }) {
  const { runs, notStarted } = event;
  return (
    <li className="event">
      <EventHead event={event} />
      {runs.length > 0 && <Started runs={runs} />}
      {notStarted.length > 0 && <NotStarted event={event} />}
      {runs.length === 0 && notStarted.length === 0 && (
        <p className="muted">Started nothing: there is no workflow at this commit.</p>
      )}
    </li>
  );
});

function EventHead({ event }: { event: ReceivedEvent }) {
  const { name, activity, ref, sha, actor, repository, acceptedAt } = event;
  return (
    <div className="event-head">
      <ZapIcon size={16} />
      <h2 className="event-name" data-key-stop tabIndex={-1}>
        {name}
        {activity !== null && <span className="muted"> {activity}</span>}
      </h2>
      <span className="facts small">
        <RefLabel gitRef={ref} />
        <span title={sha}>
          <GitCommitIcon size={12} /> <code>{sha.slice(0, 7)}</code>
        </span>
        <span>by {actor}</span>
        <Link href={eventsPath(repository)}>{repository}</Link>
        <RelativeTime at={acceptedAt} />
      </span>
    </div>
  );
}

function Started({ runs }: Pick<ReceivedEvent, 'runs'>) {
  return (
    <div className="event-part">
      <h3>Started</h3>
      <ul className="event-runs">
        {runs.map((run) => (
          <li key={run.id}>
            <StateIcon of={run} />
            <Link href={runPath(run.id)}>
              {run.workflow} #{run.number}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Said of a file that names other events than this one; most files of most events do. */
const otherEvent = 'event';

function NotStarted({ event: { name, notStarted } }: { event: ReceivedEvent }) {
  const others = notStarted.filter(({ filter }) => filter === otherEvent);
  const files = notStarted.filter(({ filter }) => filter !== otherEvent);
  return (
    <div className="event-part">
      {files.length > 0 && (
        <>
          <h3>Did not start</h3>
          <Files files={files} />
        </>
      )}
      {others.length > 0 && (
        <details>
          <summary className="muted small">
            {others.length === 1 ? 'One workflow does' : `${others.length} workflows do`} not run on {name}
          </summary>
          <Files files={others} />
        </details>
      )}
    </div>
  );
}

function Files({ files }: { files: ReceivedEvent['notStarted'] }) {
  return (
    <FirstItems items={files}>
      {({ file, reason, filter }) => (
        <li key={file} className="source-note">
          <p className="event-file">
            <code>{file}</code>
            {filter !== null && filter !== otherEvent && <span className="label">{filter}</span>}
          </p>
          <p>
            <Sentence text={reason} />
          </p>
        </li>
      )}
    </FirstItems>
  );
}
