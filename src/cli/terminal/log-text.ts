import { safeText } from './format.ts';
import type { Colors } from './terminal.ts';

/** A log line as a person reads it: marks such as `##[group]` become signs. Nothing for a line that only closes one. */
export function logText(raw: string, colors: Colors): string | undefined {
  const text = ownColours(safeText(raw), colors);
  const [, name = '', rest = ''] = /^##\[(\w+)\](.*)$/s.exec(text) ?? [];
  switch (name) {
    case '':
      return text;
    case 'endgroup':
      return undefined;
    case 'group':
      return `▾ ${rest}`;
    case 'error':
      return colors.red(`error: ${rest}`);
    case 'warning':
      return colors.yellow(`warning: ${rest}`);
    case 'notice':
      return `notice: ${rest}`;
    case 'command':
      return colors.cyan(rest);
    default:
      return colors.dim(rest);
  }
}

/** A program's colours end with its line; where there are none, they go. */
function ownColours(text: string, colors: Colors): string {
  if (!text.includes('\x1b')) return text;
  return colors.isColorSupported ? `${text}\x1b[0m` : text.replace(/\x1b\[[\d;:]*m/g, '');
}
