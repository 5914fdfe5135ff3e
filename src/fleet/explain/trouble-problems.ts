/** What goes wrong now, as sentences that begin with the cause. Pure. */
import { isoTime } from '../../common/clock.ts';
import type { Trouble } from '../reconcilers/troubles.ts';
import type { PoolProblem } from './pool-problems.ts';

export interface PoolTrouble extends Trouble {
  /** Of failed starts: when the next one is tried, epoch ms. */
  nextStartMs?: number;
}

/** Codes that no sentence is needed for say all in their own text. */
const LEADS: Record<string, string> = {
  'credentials-refused': 'The server refuses the credentials',
  'credentials-too-weak': 'The credentials may not do what is needed',
  'rate-limited': "The server's rate limit is used up",
  'place-not-found': 'The server does not know the place, or hides it from these credentials',
  'server-refuses': 'The server refuses what it is asked',
  'server-fault': 'The server has a fault of its own',
  'server-timeout': 'The server does not answer in time',
  'server-unreachable': 'The server cannot be reached',
  'server-answers-wrongly': 'The server answers what cannot be understood',
  'image-missing': 'The image of the runners is missing',
  'image-refused': 'The registry does not give out the image of the runners',
  'image-slow': 'The image of the runners is not pulled in time',
  'disk-full': 'The disk is full',
  'backend-hangs': 'The backend hangs',
  'backend-lies': 'The backend cannot be believed',
  'backend-away': 'The backend is away',
  'backend-fails': 'The backend cannot start runners',
  'ends-early': 'Runners end before they are ready',
  'never-online': 'Runners start, but never come online',
  'own-fault': 'A mistake in Switchyard itself',
};

/** One for each cause, in the order given: several runners that fail alike, or one because of another, are one problem. */
export function troubleProblems(troubles: readonly PoolTrouble[]): PoolProblem[] {
  const told: PoolTrouble[] = [];
  for (const trouble of troubles) {
    const isTold = told.some(({ code, text }) => code === trouble.code || trouble.text.includes(text));
    if (!isTold) told.push(trouble);
  }
  return told.map((trouble) => ({ code: trouble.code, text: sentence(trouble) }));
}

function sentence({ code, text, sinceMs, nextStartMs }: PoolTrouble): string {
  const lead = LEADS[code];
  const since = `since ${isoTime(sinceMs)}`;
  const told = lead === undefined ? `${text} (${since})` : `${lead} (${since}): ${text}`;
  return nextStartMs === undefined ? told : `${told} The next start is tried at ${isoTime(nextStartMs)}.`;
}
