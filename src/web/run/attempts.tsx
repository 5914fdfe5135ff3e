import { HistoryIcon } from '@primer/octicons-react';
import { Select } from '@primer/react';
import { Link, useLocation } from 'wouter';
import type { RunAttempt } from '../../protocol/dashboard/index.ts';
import { stateWord } from '../format/state.ts';
import { runPath } from './paths.ts';
import { newestAttempt, type ShownRun } from './shown-run.ts';

/** Leads from one attempt of the run to another; not there while there is only one. */
export function AttemptSwitcher({ shown: { run } }: { shown: ShownRun }) {
  const [, navigate] = useLocation();
  const newest = newestAttempt(run);
  if (newest === 1) return null;
  const choose = (attempt: number) => navigate(runPath(run.id, attempt === newest ? undefined : attempt));
  return (
    <Select
      size="small"
      aria-label="Attempt"
      value={String(run.attempt)}
      onChange={(event) => choose(Number(event.target.value))}
    >
      {run.attempts.toReversed().map((each) => (
        <Select.Option key={each.attempt} value={String(each.attempt)}>
          {/* Live events change the run itself. */}
          {optionText(each.attempt === run.attempt ? run : each, newest)}
        </Select.Option>
      ))}
    </Select>
  );
}

function optionText(
  of: Pick<RunAttempt, 'attempt' | 'status' | 'conclusion' | 'triggeringActor'>,
  newest: number,
): string {
  const which = of.attempt === newest ? `Attempt ${of.attempt}, the latest` : `Attempt ${of.attempt}`;
  return `${which}: ${stateWord(of).toLowerCase()}, by ${of.triggeringActor}`;
}

export function OldAttemptNote({ shown: { run, attempt } }: { shown: ShownRun }) {
  if (attempt === undefined) return null;
  return (
    <p className="notice" role="note">
      <HistoryIcon size={16} />
      <span>
        This is how attempt {attempt} ended; only the latest can be changed.{' '}
        <Link href={runPath(run.id)}>To attempt {newestAttempt(run)}</Link>
      </span>
    </p>
  );
}
