/** A line of a log as blobs hold it and pages read it: `2026-01-01T00:00:00.0000000Z text` (runner-protocol 8.2). */

/** ISO time with the seven fractional digits of the official runner. */
export const logTime = (epochMs: number): string => new Date(epochMs).toISOString().replace('Z', '0000Z');

export const hasLogTime = (line: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /.test(line);
