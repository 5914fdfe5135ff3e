import type { Reference } from './condition.ts';

/** A value is shown up to this many characters: `github.event` alone can be megabytes. */
const MAX_VALUE_LENGTH = 200;

export interface Skip {
  /** As it was evaluated. */
  condition: string;
  values: readonly Reference[];
  /** What went wrong before, which the status functions saw: `test ended with failure`. */
  troubles: readonly string[];
  /** Hides secrets in a text. */
  mask?: (text: string) => string;
}

/** Why a job or step was skipped, in one line: its condition and what that saw (SEM-9.6). */
export function describeSkip({ condition, values, troubles, mask = (text) => text }: Skip): string {
  const seen = [...values.map(({ name, value }) => `${name} is ${shown(mask(JSON.stringify(value)))}`), ...troubles];
  const because = seen.length > 0 ? `: ${seen.join(', ')}` : '';
  return `Skipped because its condition \`${oneLine(condition)}\` was false${because}.`;
}

/** Masked before it comes here: of a secret that is cut, the rest would show. */
const shown = (json: string): string => (json.length > MAX_VALUE_LENGTH ? `${json.slice(0, MAX_VALUE_LENGTH)}…` : json);

/** A condition may be written as a block of several lines. */
const oneLine = (text: string): string => text.replace(/\s*[\r\n]\s*/g, ' ');
