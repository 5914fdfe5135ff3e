import { type Logger as PinoLogger, pino } from 'pino';

/** Structured log of one program. Secrets never go into it: log ids, not tokens or bodies. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * JSON lines to `file`, or to standard error when there is none.
 * @param name the program, as it appears in each line
 */
export function createLogger(name: string, options: { level: LogLevel; file?: string }): Logger {
  return pino(
    { name, level: options.level, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
