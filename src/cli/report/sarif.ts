import type { Finding, LintReport, RuleInfo, Severity } from '../../workflow/lint/index.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const LEVELS: Record<Severity, string> = { error: 'error', warning: 'warning', notice: 'note' };

/** SARIF 2.1.0 (OASIS), as GitHub's code scanning and most editors read it. @param version of this program */
export function sarifLog(report: LintReport, rules: RuleInfo[], version: string): string {
  const driver = {
    name: 'switchyard',
    version,
    rules: rules.map(({ id, summary, hint, severity }) => ({
      id,
      shortDescription: { text: summary },
      help: { text: hint },
      defaultConfiguration: { level: LEVELS[severity] },
    })),
  };
  const positions = new Map(rules.map(({ id }, index) => [id, index]));
  const results = report.findings.map((finding) => result(finding, positions.get(finding.rule)));
  const artifacts = report.files.map((file) => ({ location: location(file) }));
  const run = { tool: { driver }, columnKind: 'utf16CodeUnits', artifacts, results };
  return JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] });
}

function result({ file, line, column, endColumn, rule, severity, message, hint }: Finding, index: number | undefined) {
  const region = { startLine: line, startColumn: column, ...(endColumn !== null && { endColumn }) };
  return {
    ruleId: rule,
    ...(index !== undefined && { ruleIndex: index }),
    level: LEVELS[severity],
    message: { text: hint === null ? message : `${message}\n${hint}` },
    locations: [{ physicalLocation: { artifactLocation: location(file), region } }],
  };
}

/** A relative URI: every part of the path escaped, the slashes kept. */
const location = (file: string): { uri: string } => ({ uri: file.split('/').map(encodeURIComponent).join('/') });
