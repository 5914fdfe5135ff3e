import { ChevronDownIcon, ChevronRightIcon } from '@primer/octicons-react';
import { memo } from 'react';
import type { Step } from '../../protocol/dashboard/index.ts';
import { StateIcon } from '../components/state-icon.tsx';
import { Duration } from '../components/times.tsx';
import { lineLink } from './line-link.ts';
import { LineText } from './line-text.tsx';
import type { LogLine } from './parse-line.ts';

interface StepRowProps {
  step: Step;
  isOpen: boolean;
  isTarget: boolean;
  onToggle: (step: number) => void;
}

/** A step that has begun can be opened. */
export const hasLog = ({ status, conclusion, logLines }: Step): boolean =>
  logLines > 0 || status === 'in_progress' || (status === 'completed' && conclusion !== 'skipped');

export const StepRow = memo(function StepRow({ step, isOpen, isTarget, onToggle }: StepRowProps) {
  const Chevron = isOpen ? ChevronDownIcon : ChevronRightIcon;
  const canOpen = hasLog(step);
  return (
    <button
      type="button"
      className={isTarget ? 'step is-target' : 'step'}
      aria-expanded={isOpen}
      disabled={!canOpen}
      data-key-stop={canOpen ? '' : undefined}
      onClick={() => onToggle(step.number)}
    >
      <span className="step-chevron">{canOpen && <Chevron size={16} />}</span>
      <StateIcon of={step} />
      <span className="step-name">{step.name}</span>
      <span className="muted">
        {step.conclusion !== 'skipped' && <Duration from={step.startedAt} to={step.completedAt} />}
      </span>
    </button>
  );
});

interface LineRowProps {
  step: number;
  number: number;
  /** Undefined while it is being read. */
  line: LogLine | undefined;
  query: string;
  isTarget: boolean;
  isFolded: boolean;
  withTime: boolean;
  onChoose: (step: number, line: number) => void;
  onFold: (step: number, line: number) => void;
}

export const LineRow = memo(function LineRow(props: LineRowProps) {
  const { step, number, line, isTarget, withTime, onChoose } = props;
  return (
    <div className={`log-line log-${line?.kind ?? 'unknown'}${isTarget ? ' is-target' : ''}`}>
      <a
        className="log-number"
        href={lineLink({ step, line: number })}
        aria-label={`Line ${number}`}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onChoose(step, number);
        }}
      >
        {number}
      </a>
      {withTime && <span className="log-time">{line?.timestamp.replace(/^.*T|(\.\d{3})\d*Z$/g, '$1')}</span>}
      <LineContent {...props} />
    </div>
  );
});

function LineContent({ step, number, line, query, isFolded, onFold }: LineRowProps) {
  if (!line) return <span className="log-text skeleton skeleton-line" />;
  if (line.kind !== 'group') {
    return (
      <span className="log-text">
        <LineText text={line.text} query={query} />
      </span>
    );
  }
  const Chevron = isFolded ? ChevronRightIcon : ChevronDownIcon;
  return (
    <button type="button" className="log-text log-fold" aria-expanded={!isFolded} onClick={() => onFold(step, number)}>
      <Chevron size={12} />
      <span>
        <LineText text={line.text} query={query} />
      </span>
    </button>
  );
}
