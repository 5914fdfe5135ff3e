import stringWidth from 'string-width';
import type { Conclusion, Status } from '../../protocol/dashboard/index.ts';
import type { Colors } from './terminal.ts';

/** `340ms`, `2.3s`, `1m 05s`, `2h 03m`: as short as it can be read. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/** What Kubernetes prints for an age: `5s`, `3m`, `2h`, `4d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Milliseconds between two ISO times; up to `now` while it is not over, nothing when it has not begun. */
export function elapsedMs(startedAt: string | null, completedAt: string | null, now: number): number | undefined {
  if (startedAt === null) return undefined;
  return (completedAt === null ? now : Date.parse(completedAt)) - Date.parse(startedAt);
}

/** One character for a state, coloured. Also without colour no two outcomes look alike. */
export function mark(status: Status, conclusion: Conclusion | null, colors: Colors): string {
  if (status !== 'completed') return status === 'in_progress' ? colors.yellow('*') : colors.dim('·');
  switch (conclusion) {
    case 'success':
      return colors.green('✓');
    case 'skipped':
      return colors.dim('-');
    case 'cancelled':
      return colors.yellow('⊘');
    default:
      return colors.red('✗');
  }
}

/** Pads to a width in terminal cells: Korean letters and emoji take two. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

/** Cuts a line to `width` cells, with an ellipsis. The line must hold no colours. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const cells = stringWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return `${kept}…`;
}

/** `main` for `refs/heads/main`. */
export const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

/** Columns under headings, two spaces apart, nothing after the last. */
export function table(headings: string[], rows: string[][]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Makes text from outside safe to print: colours stay, every other control sequence (cursor moves, title changes,
 * clipboard writes) goes.
 */
export function safeText(text: string): string {
  return text
    .replace(/\x1b\][\s\S]*?(?:\x07|\x1b\\|$)/g, '')
    .replace(/\x1b\[[0-9;:?<>=!]*[ -/]*[@-~]/g, (sequence) => (/^\x1b\[[0-9;:]*m$/.test(sequence) ? sequence : ''))
    .replace(/\x1b(?!\[)[\s\S]?/g, '')
    .replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]/g, '');
}
