/** Everything wrong in a repository's workflows. Pure: files and runners in, findings out. */
import type { WorkflowSource } from '../model.ts';
import { directivesIn, isSilenced } from './directives.ts';
import type { Finding, Found, Rule } from './finding.ts';
import { type LintFile, readLintFile } from './lint-file.ts';
import type { LintRepository, LintRunner } from './repository.ts';
import { RULES } from './rules/index.ts';

export interface LintRequest {
  /** The workflow files of the repository. */
  files: WorkflowSource[];
  /** `owner/name` */
  repository: string;
  /** Only what is wrong in this file; the others are looked at all the same. */
  only?: string;
  /** Every workflow file of the repository is among `files`. */
  isComplete: boolean;
  /** Self-hosted runners; `null` when it is not known which there are: rules about runners then say less. */
  runners: LintRunner[] | null;
  /** There are runners that GitHub hosts besides. */
  hasHostedRunners: boolean;
  /** Ids of rules to leave out. */
  disabled?: string[];
  /** Ids of optional rules to check too. */
  enabled?: string[];
}

export interface LintReport {
  /** In the order of the files, by line and column. */
  findings: Finding[];
  /** Paths of the files that were checked. */
  files: string[];
  /** How many findings comments have silenced. */
  silenced: number;
}

/** Never throws for what is in the files. */
export function lintWorkflows(request: LintRequest): LintReport {
  const files = request.files.map(readLintFile);
  const { runners, hasHostedRunners, isComplete } = request;
  const repository: LintRepository = { name: request.repository, files, runners, hasHostedRunners, isComplete };
  const wanted = files.filter(({ path }) => request.only === undefined || path === request.only);
  const rules = RULES.filter(({ id, optional }) => {
    return !request.disabled?.includes(id) && (!optional || request.enabled?.includes(id));
  });
  const report: LintReport = { findings: [], files: wanted.map(({ path }) => path), silenced: 0 };
  for (const file of wanted) lintFile(file, rules, repository, report);
  return report;
}

function lintFile(file: LintFile, rules: Rule[], repository: LintRepository, report: LintReport): void {
  const { lines } = file.source;
  const directives = directivesIn(lines);
  const findings = new Map<string, Finding>();
  for (const rule of rules) {
    for (const found of rule.check(file, repository)) {
      if (isSilenced(rule.id, found.place, directives, lines)) report.silenced++;
      else add(findings, findingOf(file, rule, found));
    }
  }
  report.findings.push(...[...findings.values()].sort(byPlace));
}

/** The same place is met twice where an alias repeats it. */
function add(findings: Map<string, Finding>, finding: Finding): void {
  const { line, column, rule, message } = finding;
  findings.set(JSON.stringify([line, column, rule, message]), finding);
}

function findingOf({ path }: LintFile, rule: Rule, { place, message, hint, severity }: Found): Finding {
  return {
    file: path,
    line: place.line,
    column: place.column,
    endColumn: place.endColumn ?? null,
    rule: rule.id,
    severity: severity ?? rule.severity,
    message,
    hint: hint ?? rule.hint,
  };
}

const byPlace = (a: Finding, b: Finding): number =>
  a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : Number(a.rule > b.rule));
