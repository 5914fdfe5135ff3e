import { GitCommitIcon, StopwatchIcon, ZapIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { RefLabel } from '../components/ref-label.tsx';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration, RelativeTime } from '../components/times.tsx';
import { stateWord } from '../format/state.ts';
import { writeFilter } from '../runs/use-run-filter.ts';
import { AttemptSwitcher, OldAttemptNote } from './attempts.tsx';
import { Reason } from './reason.tsx';
import { RunActions } from './run-actions.tsx';
import type { ShownRun } from './shown-run.ts';

/** Where the run comes from, how it stands, and what can be done with it. */
export function RunHeader({ shown, children }: { shown: ShownRun; children?: ReactNode }) {
  const { run } = shown;
  return (
    <header className="subject">
      <p className="crumbs muted">
        <Link href="/">Runs</Link> /{' '}
        <Link href={writeFilter({ repository: run.repository, status: '' })}>{run.repository}</Link> /{' '}
        {run.workflow.name} #{run.number}
      </p>
      <div className="subject-head">
        <h1>
          <StateIcon of={run} size={24} /> <span>{run.title}</span>
        </h1>
        <RunActions shown={shown} />
      </div>
      <div className="facts">
        <span className="strong">{stateWord(run)}</span>
        <RefLabel gitRef={run.ref} />
        <span title={run.sha}>
          <GitCommitIcon size={12} /> <code>{run.sha.slice(0, 7)}</code>
        </span>
        <span>
          <ZapIcon size={12} /> {run.event} by {run.actor}
        </span>
        <span>
          <RelativeTime at={run.createdAt} />
        </span>
        {run.startedAt && (
          <span>
            <StopwatchIcon size={12} /> <Duration from={run.startedAt} to={run.completedAt} />
          </span>
        )}
        <AttemptSwitcher shown={shown} />
      </div>
      <OldAttemptNote shown={shown} />
      <Reason of={run} />
      {children}
    </header>
  );
}
