import type { Finding } from '../../workflow/lint/index.ts';

/** Workflow commands that a runner turns into annotations (SEM-23.1, 23.7). */
export const annotation = ({ file, line, column, endColumn, rule, severity, message, hint }: Finding): string => {
  const properties = {
    file,
    line,
    ...(endColumn === null ? {} : { endLine: line }),
    col: column,
    ...(endColumn === null ? {} : { endColumn }),
    title: rule,
  };
  const listed = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${severity} ${listed.join(',')}::${escapeData(hint === null ? message : `${message}\n${hint}`)}`;
};

/** SEM-23.2, backwards. */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
