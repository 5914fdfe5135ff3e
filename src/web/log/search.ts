import type { LogStore } from './log-store.ts';
import { stripAnsi } from './parse-line.ts';

export interface Match {
  step: number;
  line: number;
}

/** More are not counted; nobody goes through so many. */
export const maxMatches = 10_000;

/** Lines of the store that contain `query`, whatever the case, in order. */
export function findMatches(store: LogStore, steps: readonly number[], query: string): Match[] {
  const wanted = query.toLowerCase();
  const matches: Match[] = [];
  if (wanted === '') return matches;
  for (const step of steps) {
    for (let line = 1; line <= store.total(step); line++) {
      const text = store.line(step, line)?.text;
      if (text === undefined || !stripAnsi(text).toLowerCase().includes(wanted)) continue;
      if (matches.push({ step, line }) === maxMatches) return matches;
    }
  }
  return matches;
}

/** `text` in turns: outside a match, inside a match, outside, ... */
export function splitMatches(text: string, query: string): string[] {
  const lower = text.toLowerCase();
  const wanted = query.toLowerCase();
  const parts: string[] = [];
  let from = 0;
  // Letters whose lower case is longer would shift the places: then the line is shown without marks.
  if (wanted === '' || lower.length !== text.length) return [text];
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)];
}
