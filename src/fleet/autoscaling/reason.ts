/** Why a pool has the size it has. Printed as it is by `explain`, events, the page and the simulator. */

export type ReasonCode =
  // Where the number comes from.
  | 'fixed'
  | 'assigned-jobs'
  | 'busy-high'
  | 'busy-low'
  | 'busy-between'
  | 'jobs-counted'
  | 'jobs-wait-at-zero'
  | 'nothing-measured'
  | 'no-metric'
  | 'no-suggestion'
  | 'reservations'
  // What bounds it.
  | 'schedule'
  | 'minimum'
  | 'maximum'
  | 'held'
  // What is not as it should be.
  | 'demand-uncertain';

export interface Reason {
  code: ReasonCode;
  /** One sentence with the numbers in it. */
  text: string;
}

/** Counts with their noun: `1 job`, `2 jobs`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
