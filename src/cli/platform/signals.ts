import { EXIT } from '../failure.ts';
import { killDescendants } from './descendants.ts';

/** Two signals within this time are one: npm sends its child the SIGINT that the terminal has sent already. */
const SAME_SIGNAL_MS = 500;

/**
 * An abort signal for Ctrl-C and SIGTERM. The first one asks for an orderly end, a second one ends the program at once.
 * `close()` gives the signals back to Node.
 */
export function interruption(): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  let firstAt = 0;
  const interrupt = (): void => {
    if (!controller.signal.aborted) {
      firstAt = Date.now();
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
