import {
  CheckCircleFillIcon,
  CircleIcon,
  ClockIcon,
  DotFillIcon,
  SkipIcon,
  StopIcon,
  XCircleFillIcon,
} from '@primer/octicons-react';
import type { Conclusion, Status } from '../../protocol/dashboard/index.ts';
import { stateOf, stateWord } from '../format/state.ts';

interface StateIconProps {
  of: { status: Status; conclusion: Conclusion | null };
  size?: number;
}

/** The state as a coloured icon with its name for screen readers. */
export function StateIcon({ of, size = 16 }: StateIconProps) {
  const state = stateOf(of);
  const word = stateWord(of);
  return (
    <span className={`state-icon state-${state}`} role="img" aria-label={word} title={word}>
      {state === 'running' ? <RunningIcon size={size} /> : <StillIcon state={state} status={of.status} size={size} />}
    </span>
  );
}

const icons = {
  success: CheckCircleFillIcon,
  failure: XCircleFillIcon,
  cancelled: StopIcon,
  skipped: SkipIcon,
} as const;

function StillIcon({ state, status, size }: { state: keyof typeof icons | 'waiting'; status: Status; size: number }) {
  if (state !== 'waiting') {
    const Icon = icons[state];
    return <Icon size={size} />;
  }
  if (status === 'waiting') return <ClockIcon size={size} />;
  return status === 'queued' ? <DotFillIcon size={size} /> : <CircleIcon size={size} />;
}

function RunningIcon({ size }: { size: number }) {
  return (
    <svg className="spin" width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" stroke="currentColor" strokeWidth="2" opacity=".25" />
      <path d="M8 1.5A6.5 6.5 0 0 1 14.5 8" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <circle cx="8" cy="8" r="2.5" fill="currentColor" />
    </svg>
  );
}
