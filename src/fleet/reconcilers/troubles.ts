import type { Clock } from '../../common/clock.ts';
import { errorText, hasErrorCode, OutsideError, UserError } from '../../common/errors.ts';
import { counted } from '../autoscaling/reason.ts';
import type { OwnerReference } from '../resources/object.ts';
import type { EventRecorder } from '../store/event-recorder.ts';

/** Something that goes wrong right now, and has not worked since. */
export interface Trouble {
  /** One stable word for the cause: see docs/explain.md. */
  code: string;
  text: string;
  /** When it first went wrong in this way, epoch ms. */
  sinceMs: number;
}

/** Whose `describe` shows a trouble. */
export interface About {
  namespace: string;
  object: OwnerReference;
}

/** By what a subject begins with; of another one WORKS_AGAIN. */
const RECOVERED: Record<string, { reason: string; component: string }> = {
  start: { reason: 'StartsWorkAgain', component: 'runner-controller' },
  listener: { reason: 'ListensAgain', component: 'autoscalingrunnerset-controller' },
};
const WORKS_AGAIN = { reason: 'WorksAgain', component: 'switchyard-fleet' };

/** What goes wrong at the moment, by what it is about. Unlike events it ends with what it tells of. In memory. */
export class Troubles {
  readonly #clock: Clock;
  readonly #events: Pick<EventRecorder, 'recordFor'>;
  readonly #known = new Map<string, Trouble & { about?: About }>();

  constructor(clock: Clock, events: Pick<EventRecorder, 'recordFor'>) {
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * @param about whom people are told of as soon as it works again; they have been told that it does not
   * @param otherwise the code of an error that says nothing of its cause
   */
  failed(subject: string, error: unknown, about?: About, otherwise = 'own-fault'): void {
    const code = causeOf(error) ?? otherwise;
    const before = this.#known.get(subject);
    const sinceMs = before?.code === code ? before.sinceMs : this.#clock.now();
    this.#known.set(subject, { code, text: errorText(error), sinceMs, about });
  }

  /** It is over: told once, as an event. */
  worked(subject: string): void {
    const ended = this.#known.get(subject);
    if (!this.#known.delete(subject) || !ended?.about) return;
    const { reason, component } = RECOVERED[subject.split(':', 1)[0] ?? ''] ?? WORKS_AGAIN;
    const minutes = Math.floor((this.#clock.now() - ended.sinceMs) / 60_000);
    const text = `It works again${minutes > 0 ? ` after ${counted(minutes, 'minute')}` : ''}. Before: ${ended.text}`;
    this.#events.recordFor(ended.about.object, ended.about.namespace, 'Normal', reason, text, component);
  }

  /** What it is about is no more. */
  forget(subject: string): void {
    this.#known.delete(subject);
  }

  of(subject: string): Trouble | undefined {
    return this.#known.get(subject);
  }
}

/** Words of our own errors for causes that have another name for people. */
const SAME_CAUSE: Record<string, string> = {
  'no-credentials': 'credentials-missing',
  'bad-credentials': 'credentials-unusable',
  'app-at-enterprise': 'credentials-unusable',
};

const BY_STATUS: Record<number, string> = {
  401: 'credentials-refused',
  403: 'credentials-too-weak',
  404: 'place-not-found',
  408: 'server-timeout',
  429: 'rate-limited',
};

/** The cause of an error in one word; undefined when it tells none. */
export function causeOf(error: unknown): string | undefined {
  if (error instanceof UserError) return SAME_CAUSE[error.code] ?? error.code;
  if (hasErrorCode(error, 'ENOSPC')) return 'disk-full';
  if (!(error instanceof OutsideError)) return undefined;
  if (/no space left on device/i.test(error.message)) return 'disk-full';
  return error.code ?? causeOfStatus(error.status) ?? causeOf(error.cause);
}

function causeOfStatus(status: number | undefined): string | undefined {
  if (status === undefined) return undefined;
  const named = BY_STATUS[status];
  if (named) return named;
  if (status >= 500) return 'server-fault';
  return status >= 400 ? 'server-refuses' : 'server-answers-wrongly';
}
