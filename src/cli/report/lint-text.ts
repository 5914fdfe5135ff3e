import stringWidth from 'string-width';
import type { Finding, LintReport, Severity } from '../../workflow/lint/index.ts';
import { cut, safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';

/** Cells of a source line that are shown around its place. */
const EXCERPT_WIDTH = 120;

/**
 * Findings for people, below the file that they are in, each with its line and a caret.
 * @param linesOf the lines of a file of the report
 */
export function lintText(report: LintReport, linesOf: (file: string) => string[], colors: Colors): string[] {
  const text: string[] = [];
  for (const file of report.files) {
    const findings = report.findings.filter((finding) => finding.file === file);
    if (findings.length === 0) continue;
    text.push(colors.bold(colors.underline(file)));
    for (const finding of findings) text.push(...findingText(finding, linesOf(file), colors), '');
  }
  return [...text, summary(report, colors)];
}

function findingText(finding: Finding, lines: string[], colors: Colors): string[] {
  const { line, column, severity, rule, message, hint } = finding;
  const place = `${line}:${column}`;
  const head = `  ${place}  ${painted(severity, colors)}  ${safeText(message)}  ${colors.dim(rule)}`;
  const help = hint === null ? [] : [`    ${colors.dim(safeText(hint))}`];
  return [head, ...excerpt(finding, lines[line - 1] ?? '', colors), ...help];
}

const painted = (severity: Severity, colors: Colors): string =>
  ({ error: colors.red, warning: colors.yellow, notice: colors.cyan })[severity](severity);

/** The line as it is, and below it what is meant. */
function excerpt({ line, column, endColumn }: Finding, source: string, colors: Colors): string[] {
  if (source.trim() === '') return [];
  const shown = safeText(source.replaceAll('\t', ' '));
  const from = column > EXCERPT_WIDTH ? column - EXCERPT_WIDTH / 2 : 0;
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const marks = '^'.repeat(Math.max(1, Math.min((endColumn ?? column + 1) - column, EXCERPT_WIDTH)));
  return [
    colors.dim(`    ${number} │ `) + cut(shown.slice(from), EXCERPT_WIDTH),
    `${colors.dim(`    ${margin} │ `)}${' '.repeat(stringWidth(shown.slice(from, column - 1)))}${colors.red(marks)}`,
  ];
}

function summary({ findings, files, silenced }: LintReport, colors: Colors): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const parts = (['error', 'warning', 'notice'] as const).map((severity) => plural(count(severity), severity));
  const muted = silenced > 0 ? `; ${silenced} silenced by comments` : '';
  const where = `in ${plural(files.length, 'file')}${muted}`;
  if (findings.length === 0) return `${colors.green('✓')} nothing found ${where}`;
  return `${parts.filter((part) => !part.startsWith('0 ')).join(', ')} ${where}`;
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
