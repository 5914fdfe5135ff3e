/** Which bounds scheduled overrides set now, and when they change next: SCH-7 to SCH-9 of fleet-semantics 3.2. Pure. */
import type { ScheduledOverride } from '../resources/autoscaler-spec.ts';
import { timeText } from './calendar.ts';
import type { Reason } from './reason.ts';
import { horizonMs, type Recurrence, recurrenceOf, type Window, windowsAt } from './recurrence.ts';

export interface Bounds {
  min: number;
  max: number;
}

/** An override with one of its occurrences. */
export interface ScheduledWindow extends Window {
  override: ScheduledOverride;
  recurrence: Recurrence;
}

export interface Schedule {
  /** In force now. */
  bounds: Bounds;
  /** First in the list that holds, also when it sets nothing (SCH-7). */
  active?: ScheduledWindow;
  /** What ARC shows as coming: the earliest start within one period (SCH-5, SCH-8). */
  upcoming?: ScheduledWindow;
  /** When the bounds change next, however far away (D-13), and by which override. */
  next?: { atMs: number; bounds: Bounds; by: ScheduledWindow };
}

/** Windows that begin and end without changing anything are passed over, up to so many. */
const MAX_WITHOUT_CHANGE = 400;

/** @param base the spec's own bounds */
export function scheduleAt(overrides: readonly ScheduledOverride[], base: Bounds, nowMs: number): Schedule {
  if (overrides.length === 0) return { bounds: base };
  const rules = rulesOf(overrides);
  const now = look(rules, nowMs);
  const bounds = boundsBy(base, now.active);
  return { bounds, active: now.active, upcoming: upcomingOf(now, nowMs), next: nextChange(rules, base, now, nowMs) };
}

export const scheduleReason = ({ active, bounds }: Schedule): Reason[] => {
  if (!active) return [];
  const { minReplicas, maxReplicas } = active.override;
  const set = [
    ...(minReplicas === undefined ? [] : [`minReplicas ${bounds.min}`]),
    ...(maxReplicas === undefined ? [] : [`maxReplicas ${bounds.max}`]),
  ];
  const until = timeText(active.endMs, active.recurrence.calendar);
  const text = `A scheduled override ${set.length > 0 ? `sets ${set.join(' and ')}` : 'that sets nothing holds'} until ${until}.`;
  return [{ code: 'schedule', text }];
};

/** `minReplicas 1 instead of 2`. */
export function boundsChangeText(from: Bounds, to: Bounds): string {
  const changes = [
    ...(from.min === to.min ? [] : [`minReplicas ${to.min} instead of ${from.min}`]),
    ...(from.max === to.max ? [] : [`maxReplicas ${to.max} instead of ${from.max}`]),
  ];
  return changes.join(' and ');
}

interface Rule {
  override: ScheduledOverride;
  recurrence: Recurrence;
}

interface Rules {
  list: Rule[];
  /** The next change that was found last, and for which bounds and times it stands. */
  found?: { base: Bounds; fromMs: number; untilMs: number; next: Schedule['next'] };
}

/** Reading a list of overrides costs more than asking it; resources are frozen, so a list never changes. */
const readRules = new WeakMap<readonly ScheduledOverride[], Rules>();

function rulesOf(overrides: readonly ScheduledOverride[]): Rules {
  const known = readRules.get(overrides);
  if (known) return known;
  const rules = { list: overrides.map((override) => ({ override, recurrence: recurrenceOf(override) })) };
  readRules.set(overrides, rules);
  return rules;
}

interface Look {
  active?: ScheduledWindow;
  /** Of each override the first window to begin later. */
  coming: ScheduledWindow[];
  /** The next moment at which any window begins or ends, with it. */
  edge?: { atMs: number; window: ScheduledWindow };
}

function look({ list }: Rules, nowMs: number): Look {
  const seen: Look = { coming: [] };
  const noteEdge = (atMs: number, window: ScheduledWindow): void => {
    if (!seen.edge || atMs < seen.edge.atMs) seen.edge = { atMs, window };
  };
  for (const rule of list) {
    const { active, next } = windowsAt(rule.recurrence, nowMs);
    if (active) {
      const window = { ...rule, ...active };
      seen.active ??= window;
      noteEdge(active.endMs, window);
    }
    if (next) {
      const window = { ...rule, ...next };
      seen.coming.push(window);
      noteEdge(next.startMs, window);
    }
  }
  return seen;
}

function upcomingOf({ coming }: Look, nowMs: number): ScheduledWindow | undefined {
  let first: ScheduledWindow | undefined;
  for (const window of coming) {
    if (first && first.startMs <= window.startMs) continue;
    if (window.startMs <= horizonMs(window.recurrence, nowMs)) first = window;
  }
  return first;
}

/** Looking far ahead is dear, and what was found stands until it comes. */
function nextChange(rules: Rules, base: Bounds, now: Look, nowMs: number): Schedule['next'] {
  const { found } = rules;
  const isSameBase = found && found.base.min === base.min && found.base.max === base.max;
  if (isSameBase && found.fromMs <= nowMs && nowMs < found.untilMs) return found.next;
  const { next, lookedUntilMs } = findChange(rules, base, now);
  // Where nothing was found, half of what was looked through is free of changes for as long.
  const untilMs = next?.atMs ?? (nowMs + lookedUntilMs) / 2;
  rules.found = { base, fromMs: nowMs, untilMs, next };
  return next;
}

function findChange(rules: Rules, base: Bounds, now: Look): { next?: Schedule['next']; lookedUntilMs: number } {
  const before = boundsBy(base, now.active);
  let seen = now;
  let lookedUntilMs = Number.POSITIVE_INFINITY;
  for (let passed = 0; seen.edge && passed < MAX_WITHOUT_CHANGE; passed++) {
    const { atMs, window } = seen.edge;
    lookedUntilMs = atMs;
    seen = look(rules, atMs);
    const bounds = boundsBy(base, seen.active);
    if (bounds.min === before.min && bounds.max === before.max) continue;
    return { next: { atMs, bounds, by: seen.active ?? window }, lookedUntilMs };
  }
  return { lookedUntilMs: seen.edge ? lookedUntilMs : Number.POSITIVE_INFINITY };
}

const boundsBy = (base: Bounds, active: ScheduledWindow | undefined): Bounds => ({
  min: active?.override.minReplicas ?? base.min,
  max: active?.override.maxReplicas ?? base.max,
});
