/** `switchyard lint`: files and runners in, a report out. What is wrong is decided by `workflow/lint`. */
import { version } from '../../common/package.ts';
import { type LintReport, type LintRunner, lintWorkflows, RULES } from '../../workflow/lint/index.ts';
import type { Endpoint } from '../client/endpoints.ts';
import { UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { readInput } from '../files/json-file.ts';
import { findWorkflowFiles, shownPath, type WorkflowFiles } from '../files/workflow-files.ts';
import { annotation } from '../report/annotations.ts';
import { lintJson } from '../report/lint-json.ts';
import { lintText } from '../report/lint-text.ts';
import { sarifLog } from '../report/sarif.ts';
import { parseRunnerList } from '../runners/runner-list.ts';
import { serverRunners } from '../runners/server-runners.ts';
import { repositoryName } from '../snapshot/snapshot.ts';
import { table } from '../terminal/format.ts';
import { type Colors, printLine, type Terminal } from '../terminal/terminal.ts';

export interface LintCall {
  path: string;
  runnersFile: string | undefined;
  endpoint: Endpoint | undefined;
  /** `owner/name` whose runners count. */
  repository: string | undefined;
  format: 'text' | 'json' | 'sarif' | 'github';
  enabled: string[];
  disabled: string[];
}

/** Resolves to the exit code. @throws UsageError, or UserError when the server cannot be asked */
export async function lintCheckout(call: LintCall, terminal: Terminal): Promise<number> {
  checkRules([...call.enabled, ...call.disabled]);
  const found = await findWorkflowFiles(call.path);
  const repository = call.repository ?? (await repositoryName(found.root ?? process.cwd()));
  const report = lintWorkflows({
    repository,
    files: found.files,
    only: found.only,
    isComplete: found.root !== undefined,
    runners: await runnersFor(call, repository),
    // Whoever asks a server of their own gets the runners of that server; a file may lie beside GitHub's own.
    hasHostedRunners: call.endpoint === undefined,
    enabled: call.enabled,
    disabled: call.disabled,
  });
  const lines = printed(withShownPaths(report, found), found, call.format, terminal.colors);
  for (const line of lines) printLine(terminal.out, line);
  return report.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.done;
}

function checkRules(ids: string[]): void {
  const known = RULES.map(({ id }) => id);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new UsageError(`There is no rule ${unknown}; switchyard lint --rules lists them.`);
}

async function runnersFor({ runnersFile, endpoint }: LintCall, repository: string): Promise<LintRunner[] | null> {
  if (runnersFile !== undefined) return parseRunnerList(await readInput(runnersFile, 'list of runners'), runnersFile);
  return endpoint ? serverRunners(endpoint, repository) : null;
}

function withShownPaths(report: LintReport, { root }: WorkflowFiles): LintReport {
  const findings = report.findings.map((finding) => ({ ...finding, file: shownPath(root, finding.file) }));
  return { ...report, findings, files: report.files.map((file) => shownPath(root, file)) };
}

function printed(report: LintReport, found: WorkflowFiles, format: LintCall['format'], colors: Colors): string[] {
  switch (format) {
    case 'json':
      return [lintJson(report)];
    case 'sarif':
      return [sarifLog(report, RULES, version)];
    case 'github':
      return report.findings.map(annotation);
    case 'text': {
      const lines = new Map(found.files.map(({ path, text }) => [shownPath(found.root, path), text.split(/\r?\n/)]));
      return lintText(report, (file) => lines.get(file) ?? [], colors);
    }
  }
}

/** The rules as a table; resolves to the exit code. */
export function printRules({ out }: Terminal): number {
  const rows = RULES.map(({ id, severity, optional, summary }) => [id, optional ? 'off' : severity, summary]);
  for (const line of table(['RULE', 'SEVERITY', 'FINDS'], rows)) printLine(out, line);
  return EXIT.done;
}
