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
  return { bounds, active: now.active, upcoming: upcomingOf(rules, nowMs), next: nextChange(rules, base, now, nowMs) };
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

/** Reading a list of overrides costs more than asking it; resources are frozen, so a list never changes. */
const readRules = new WeakMap<readonly ScheduledOverride[], Rule[]>();

function rulesOf(overrides: readonly ScheduledOverride[]): Rule[] {
  const known = readRules.get(overrides);
  if (known) return known;
  const rules = overrides.map((override) => ({ override, recurrence: recurrenceOf(override) }));
  readRules.set(overrides, rules);
  return rules;
}

interface Look {
  active?: ScheduledWindow;
  /** The next moment at which any window begins or ends, with it. */
  edge?: { atMs: number; window: ScheduledWindow };
}

function look(rules: Rule[], nowMs: number): Look {
  let active: ScheduledWindow | undefined;
  let edge: Look['edge'];
  for (const rule of rules) {
    const windows = windowsAt(rule.recurrence, nowMs);
    if (windows.active) active ??= { ...rule, ...windows.active };
    for (const [atMs, window] of [
      [windows.active?.endMs, windows.active],
      [windows.next?.startMs, windows.next],
    ] as const) {
      if (atMs === undefined || !window || (edge && edge.atMs <= atMs)) continue;
      edge = { atMs, window: { ...rule, ...window } };
    }
  }
  return { active, edge };
}

function upcomingOf(rules: Rule[], nowMs: number): ScheduledWindow | undefined {
  let first: ScheduledWindow | undefined;
  for (const rule of rules) {
    const { next } = windowsAt(rule.recurrence, nowMs);
    if (!next || next.startMs > horizonMs(rule.recurrence, nowMs)) continue;
    if (!first || next.startMs < first.startMs) first = { ...rule, ...next };
  }
  return first;
}

function nextChange(rules: Rule[], base: Bounds, now: Look, nowMs: number): Schedule['next'] {
  const before = boundsBy(base, now.active);
  let seen = now;
  for (let passed = 0; seen.edge && passed < MAX_WITHOUT_CHANGE; passed++) {
    const { atMs, window } = seen.edge;
    if (atMs <= nowMs) return undefined;
    seen = look(rules, atMs);
    const bounds = boundsBy(base, seen.active);
    if (bounds.min !== before.min || bounds.max !== before.max) return { atMs, bounds, by: seen.active ?? window };
  }
  return undefined;
}

const boundsBy = (base: Bounds, active: ScheduledWindow | undefined): Bounds => ({
  min: active?.override.minReplicas ?? base.min,
  max: active?.override.maxReplicas ?? base.max,
});
