import { safeText } from './format.ts';
import type { Colors } from './terminal.ts';

/** A log line as a person reads it: marks such as `##[group]` become signs. Nothing for a line that only closes one. */
export function logText(raw: string, colors: Colors): string | undefined {
  const text = safeText(raw);
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
