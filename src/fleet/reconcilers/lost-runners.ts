/**
 * When a runner whose program runs, but which the server does not see, is given up: another takes its place then. Pure.
 *
 * Nothing that may have a job is given up: the callers ask only about runners without one, the server is looked at once
 * more before, and it refuses to let a runner go that has a job (fleet-semantics 2.5).
 */
import type { Seen, Sighting } from './sightings.ts';

/** The reason of the event, and of the runner's status. */
export type LossReason = 'RegistrationTimedOut' | 'RunnerOffline' | 'RegistrationGone';

export interface Loss {
  reason: LossReason;
  /** When it is given up, unless the server sees it before; epoch ms. */
  atMs: number;
  /** What the server said of it when it was last asked; undefined before that. */
  seen: Exclude<Seen, 'online'> | undefined;
}

/** Started, but never online: fleet-semantics 1.12, U5. */
const REGISTRATION_TIMEOUT_MS = 10 * 60_000;
/** Time for a machine or a network to come back; the server itself takes about a minute to miss a runner. */
const OFFLINE_GRACE_MS = 5 * 60_000;
/** Also how long the program of a runner may need to end after its job, with which an ephemeral registration goes. */
const GONE_GRACE_MS = 2 * 60_000;

/** One answer without it may be a list that changed while its pages were read. */
const LOOKS_UNTIL_GONE = 2;

export interface Look {
  /** When its program was started, or found running; epoch ms. */
  startedMs: number | undefined;
  wasOnline: boolean;
  sighting: Sighting | undefined;
}

export function lossOf({ startedMs, wasOnline, sighting }: Look): Loss | undefined {
  const { seen, sinceMs = 0, looks = 0 } = sighting ?? {};
  if (seen === 'online') return undefined;
  if (seen === 'gone' && looks >= LOOKS_UNTIL_GONE) {
    return { reason: 'RegistrationGone', atMs: sinceMs + GONE_GRACE_MS, seen };
  }
  if (!wasOnline) {
    const atMs = startedMs === undefined ? undefined : startedMs + REGISTRATION_TIMEOUT_MS;
    return atMs === undefined ? undefined : { reason: 'RegistrationTimedOut', atMs, seen };
  }
  return seen === 'offline' ? { reason: 'RunnerOffline', atMs: sinceMs + OFFLINE_GRACE_MS, seen } : undefined;
}

const minutes = (ms: number): string => `${ms / 60_000} minutes`;

/** What happened, and where to look, as sentences of an event. */
export const LOSS_TEXTS: Record<LossReason, string> = {
  RegistrationTimedOut: `The runner was started, but the server has not seen it online within ${minutes(REGISTRATION_TIMEOUT_MS)}. Look at its output, and whether its machine, image, proxy and certificates let it reach the server.`,
  RunnerOffline: `The server has not seen the runner online for ${minutes(OFFLINE_GRACE_MS)}, though its program runs. Look at its machine and network.`,
  RegistrationGone: `The server knows the runner no more, and its program has not ended within ${minutes(GONE_GRACE_MS)}.`,
};

/** Of a runner of either generation that was given up. */
export const statusOfLost = ({ reason }: Loss) => ({
  phase: 'Failed' as const,
  ready: false,
  reason,
  message: LOSS_TEXTS[reason],
});
