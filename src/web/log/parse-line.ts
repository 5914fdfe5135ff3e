export type LineKind = 'plain' | 'group' | 'endgroup' | 'error' | 'warning' | 'notice' | 'debug' | 'command';

export interface LogLine {
  /** As written by the runner; empty when the line has none. */
  timestamp: string;
  /** ANSI sequences kept, the mark removed. */
  text: string;
  kind: LineKind;
}

const timestampPattern = /^\uFEFF?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?/;
const markPattern = /^(?:##)?\[(group|endgroup|error|warning|notice|debug|command|section)\]/;

/** Splits a raw log line into its time, its `##[...]` mark (`[command]` is written without `##` too) and its text. */
export function parseLogLine(raw: string): LogLine {
  const time = timestampPattern.exec(raw);
  const rest = lastOverwrite(time ? raw.slice(time[0].length) : raw);
  const timestamp = time?.[1] ?? '';
  const mark = markPattern.exec(rest);
  if (!mark || (!rest.startsWith('##') && mark[1] !== 'command')) return { timestamp, text: rest, kind: 'plain' };
  const kind = mark[1] === 'section' ? 'plain' : (mark[1] as LineKind);
  return { timestamp, text: rest.slice(mark[0].length), kind };
}

/** What a terminal shows of a line that was drawn over itself with carriage returns, as progress bars do. */
function lastOverwrite(text: string): string {
  if (!text.includes('\r')) return text;
  return text.split('\r').findLast((part) => part !== '') ?? '';
}

const ansiPattern = /\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)/g;

/** The text without terminal sequences. */
export function stripAnsi(text: string): string {
  return text.includes('\x1b') ? text.replace(ansiPattern, '') : text;
}
