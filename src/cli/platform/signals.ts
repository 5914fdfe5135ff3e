import { EXIT } from '../failure.ts';
import { killDescendants } from './descendants.ts';

/** Two signals within this time are one: npm sends its child the SIGINT that the terminal has sent already. */
const SAME_SIGNAL_MS = 500;

export interface Interruption {
  signal: AbortSignal;
  /** It was SIGTERM, as from a service manager that starts the program anew, and not a person's Ctrl-C. */
  isByService(): boolean;
  close(): void;
}

/**
 * An abort signal for Ctrl-C and SIGTERM. The first one asks for an orderly end, a second one ends the program at once.
 * `close()` gives the signals back to Node.
 */
export function interruption(): Interruption {
  const controller = new AbortController();
  let firstAt = 0;
  let first: NodeJS.Signals | undefined;
  const interrupt = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      firstAt = Date.now();
      first = name;
      controller.abort(new Error('interrupted'));
      return;
    }
    if (Date.now() - firstAt < SAME_SIGNAL_MS) return;
    killDescendants();
    process.exit(EXIT.interrupted);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, interrupt);
  return {
    signal: controller.signal,
    isByService: () => first === 'SIGTERM',
    close() {
      for (const name of names) process.removeListener(name, interrupt);
    },
  };
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
