import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Plan, PlannedJob } from '../../workflow/plan/index.ts';
import { pad, safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';

/** Plans for people: whether each file is started, and its jobs with what differs from the usual. */
export function planText(plans: Plan[], colors: Colors): string[] {
  return plans.flatMap((plan, index) => [...(index > 0 ? [''] : []), ...onePlan(plan, colors)]);
}

function onePlan(plan: Plan, colors: Colors): string[] {
  const { file, event, ref, triggered, reason, runName, concurrency, warnings, errors, jobs } = plan;
  const verdict = triggered ? colors.green('starts it') : colors.dim('does not start it');
  const head = [
    `${colors.bold(safeText(file))}: ${event} of ${safeText(ref)} ${verdict}`,
    `  ${safeText(reason)}`,
    ...warnings.map((warning) => `  ${colors.yellow('!')} ${problem(warning)}`),
    ...errors.map((error) => `  ${colors.red('✗')} ${problem(error)}`),
  ];
  if (runName === null) return head;
  const rows: Row[] = [
    ['run name', runName],
    ['concurrency', concurrency && concurrencyText(concurrency)],
  ];
  return [...head, ...rowLines(rows, '  ', colors), ...jobs.flatMap((job) => ['', ...jobLines(job, colors)])];
}

const problem = ({ file, line, column, message }: SourceError): string =>
  safeText(`${line === null ? file : `${file}:${line}:${column}`} ${message}`);

type Row = [name: string, value: string | null | undefined];

function jobLines(job: PlannedJob, colors: Colors): string[] {
  const { name, environment, concurrency, timeoutMinutes, runsOn, calls, needs, unknown, errors } = job;
  const rows: Row[] = [
    ['needs', needs.join(', ')],
    ['if', conditionText(job)],
    ['calls', calls],
    ['runs-on', runsOn && [...runsOn.labels, ...(runsOn.group === null ? [] : [`group ${runsOn.group}`])].join(', ')],
    ['environment', environment && `${environment.name}${environment.deployment ? '' : ' (no deployment)'}`],
    ['concurrency', concurrency && concurrencyText(concurrency)],
    ['permissions', job.state === 'skipped' ? null : permissionsText(job)],
    ['timeout', timeoutMinutes === null || timeoutMinutes === 360 ? null : `${timeoutMinutes} minutes`],
    ['not known yet', unknown.join(', ')],
  ];
  const head = `  ${colors.bold(safeText(name))}  ${stateText(job, colors)}`;
  const failures = errors.map((error) => `    ${colors.red('✗')} ${problem(error)}`);
  return [head, ...rowLines(rows, '    ', colors), ...failures];
}

function stateText({ state, waitsFor }: PlannedJob, colors: Colors): string {
  switch (state) {
    case 'runs':
      return waitsFor.length > 0 ? colors.green(`runs after ${waitsFor.join(', ')}`) : colors.green('runs');
    case 'skipped':
      return colors.dim('skipped');
    case 'fails':
      return colors.red('fails');
    case 'after-needs':
      return colors.yellow(`after ${waitsFor.join(', ')}`);
  }
}

/** The usual condition says nothing, unless it is what skips the job. */
function conditionText({ condition: { expression, values, result }, state }: PlannedJob): string | null {
  if (expression === 'success()' && state !== 'skipped') return null;
  const seen = values.map(({ name, value }) => `${name} is ${JSON.stringify(value)}`);
  const verdict = result === null ? '' : ` → ${result}`;
  return `${expression}${verdict}${seen.length > 0 ? ` (${seen.join(', ')})` : ''}`;
}

function concurrencyText({ group, cancelInProgress, queue }: NonNullable<PlannedJob['concurrency']>): string {
  const ways = [...(cancelInProgress ? ['cancels what is in progress'] : []), ...(queue === 'max' ? ['queues'] : [])];
  return ways.length > 0 ? `${group} (${ways.join(', ')})` : group;
}

function permissionsText({ permissions }: PlannedJob): string | null {
  if (permissions === null) return null;
  const granted = Object.entries(permissions).filter(([, level]) => level !== 'none');
  return granted.map(([scope, level]) => `${scope}: ${level}`).join(', ') || 'none';
}

function rowLines(rows: Row[], indent: string, colors: Colors): string[] {
  const shown = rows.flatMap(([name, value]) => (value ? [{ name, value }] : []));
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  return shown.map(({ name, value }) => `${indent}${colors.dim(pad(name, width))}  ${safeText(value)}`);
}
