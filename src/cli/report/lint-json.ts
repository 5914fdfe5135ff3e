import type { LintReport, Severity } from '../../workflow/lint/index.ts';

/** docs/reference/lint-json.md */
export function lintJson({ findings, files, silenced }: LintReport): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const counts = { error: count('error'), warning: count('warning'), notice: count('notice') };
  return JSON.stringify({ version: 1, files, findings, counts, silenced });
}
