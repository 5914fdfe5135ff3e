/** Bounds and cool-down: fleet-semantics 3.7. Pure. */
import { timeText } from './calendar.ts';
import { counted, type Reason } from './reason.ts';
import type { Bounds } from './schedule.ts';

/** ARC's `--default-scale-down-delay`. */
const DEFAULT_DELAY_S = 600;

/** Until when nothing is taken away after the last increase, epoch ms; undefined without one. */
export const coolDownEndMs = ({ lastScaleOutMs }: ScaleOutHistory, delaySeconds = DEFAULT_DELAY_S) =>
  lastScaleOutMs === undefined ? undefined : lastScaleOutMs + delaySeconds * 1_000;

/** The first test wins, also where `min` is larger than `max` (HRA-14; admission refuses that). */
export function withinBounds(wanted: number, { min, max }: Bounds): { desired: number; reasons: Reason[] } {
  if (wanted < min) {
    return { desired: min, reasons: [{ code: 'minimum', text: `minReplicas is ${min}, so not ${wanted}.` }] };
  }
  if (wanted > max) {
    return { desired: max, reasons: [{ code: 'maximum', text: `maxReplicas is ${max}, so not ${wanted}.` }] };
  }
  return { desired: wanted, reasons: [] };
}

export interface ScaleOutHistory {
  /** What the last decision was; undefined before the first. */
  desired?: number;
  lastScaleOutMs?: number;
}

export interface Held {
  desired: number;
  reasons: Reason[];
  /** Set while a larger number is kept: when `desired` would come down. */
  heldUntilMs?: number;
}

/** HRA-8 to HRA-10: no decrease within the delay after the last increase, whatever asks for it. */
export function heldAfterScaleOut(
  wanted: number,
  history: ScaleOutHistory,
  delaySeconds: number | undefined,
  nowMs: number,
): Held {
  const { desired } = history;
  const untilMs = coolDownEndMs(history, delaySeconds);
  if (desired === undefined || untilMs === undefined || desired <= wanted || untilMs <= nowMs) {
    return { desired: wanted, reasons: [] };
  }
  const text = `${desired} are kept instead of ${wanted} until ${timeText(untilMs)}: ${counted(delaySeconds ?? DEFAULT_DELAY_S, 'second')} must pass between an increase and a decrease.`;
  return { desired, reasons: [{ code: 'held', text }], heldUntilMs: untilMs };
}

/** HRA-12: whether this change is one that starts the cool-down. */
export const isScaleOut = (old: number | undefined, next: number): boolean =>
  old === undefined ? next > 1 : next > old;
