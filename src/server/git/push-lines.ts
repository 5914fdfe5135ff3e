/** What a push says in its own output. */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { EventOutcome, IncomingEvent } from '../engine/engine.ts';
import { ZERO_SHA } from './history.ts';
import { shortName } from './push-event.ts';
import type { RefUpdate } from './push-journal.ts';

/** Of one run; a push is read by people, and the page shows the others. */
const MAX_WARNINGS = 5;

/** About the events of one ref that moved. */
export function outcomeLines(
  publicUrl: string,
  { ref, after }: RefUpdate,
  events: IncomingEvent[],
  outcomes: EventOutcome[],
): string[] {
  const isDeleted = after === ZERO_SHA;
  const lines = isDeleted ? [`${shortName(ref)} was deleted`] : [];
  for (const [index, outcome] of outcomes.entries()) {
    const isPush = events[index]?.name === 'push';
    lines.push(...startedLines(outcome, publicUrl));
    if (!isDeleted) lines.push(...notStartedLines(isPush ? outcome.notStarted : onlyConcerned(outcome.notStarted)));
  }
  if (lines.length > 0 || outcomes.some(({ alreadyAccepted }) => alreadyAccepted)) return lines;
  if (events.length === 0) return [`${shortName(ref)} is no commit; it starts nothing`];
  return [`${shortName(ref)} has no file in .github/workflows, so nothing was started`];
}

/** Runs of an event, with what is wrong with their files. */
export function startedLines({ runs }: EventOutcome, publicUrl: string): string[] {
  return runs.flatMap(({ id, number, workflowName, errors, warnings }) => {
    const verb = errors.length > 0 ? 'cannot start' : 'started';
    const started = `${workflowName} #${number} ${verb}  ${publicUrl}/runs/${id}`;
    return [started, ...errors.map(placed), ...warningLines(warnings)];
  });
}

/** Without the files that do not run on such events at all. */
export function onlyConcerned(notStarted: EventOutcome['notStarted']): EventOutcome['notStarted'] {
  return notStarted.filter(({ filter }) => filter !== 'event' && filter !== 'types' && filter !== null);
}

export const notStartedLines = (notStarted: EventOutcome['notStarted']): string[] =>
  notStarted.map(({ file, reason }) => `${file} was not started: ${reason}`);

function warningLines(warnings: SourceError[]): string[] {
  const lines = warnings.slice(0, MAX_WARNINGS).map((warning) => `warning: ${placed(warning)}`);
  const more = warnings.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more ${more === 1 ? 'warning' : 'warnings'}`] : lines;
}

const placed = ({ file, line, column, message }: SourceError): string =>
  `${[file, line, column].filter((part) => part !== null).join(':')} ${message}`;
