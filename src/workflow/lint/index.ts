/** The checks behind `switchyard lint`: pure functions of workflow texts and a list of runners. */
import type { Rule } from './finding.ts';

export type { Finding, Severity } from './finding.ts';
export { type LintReport, type LintRequest, lintWorkflows } from './lint.ts';
export type { LintRunner } from './repository.ts';
export { RULES } from './rules/index.ts';
/** What people see of a rule. */
export type RuleInfo = Pick<Rule, 'id' | 'severity' | 'summary' | 'hint' | 'optional'>;
