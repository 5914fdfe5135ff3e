import pc from 'picocolors';
import { terminalEnvironment } from '../../common/settings.ts';

/** What a stream must offer to be written to; `process.stdout`, or a recorder in tests. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Where a command writes. Results go to `out`, everything about them to `err`. */
export interface Terminal {
  out: Sink;
  err: Sink;
  /** A person watches: lines may be repainted. */
  interactive: boolean;
  colors: Colors;
}

export function createTerminal(out: Sink = process.stdout, err: Sink = process.stderr): Terminal {
  const { noColor, ci, dumb } = terminalEnvironment();
  const interactive = Boolean(out.isTTY) && !noColor && !ci && !dumb;
  return { out, err, interactive, colors: pc.createColors(interactive) };
}

/** Size in cells. A terminal that does not know its own, as under `script`, says 0: then it is the usual 80 by 24. */
export const sizeOf = ({ columns, rows }: Sink): { columns: number; rows: number } => ({
  columns: columns || 80,
  rows: rows || 24,
});

export const printLine = (sink: Sink, line = ''): void => void sink.write(`${line}\n`);
