import stringWidth from 'string-width';
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { JobEvent, LogEvent, RunEvent, StepEvent, View, WatchEvent } from '../watch/events.ts';
import { durationText, elapsedMs, mark, pad, safeText, shortRef } from './format.ts';
import { logText } from './log-text.ts';
import { Runs } from './run-state.ts';
import { type Colors, printLine, type Terminal } from './terminal.ts';

/** A job's name takes at most this many cells in front of its lines. */
const LONGEST_NAME = 24;

/** One line for everything that happens, never repainted: `job │ text`. For logs, files and CI. */
export class LogView implements View {
  readonly #terminal: Terminal;
  readonly #runs = new Runs();
  readonly #said = new Map<string, string>();
  #nameWidth = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: WatchEvent): void {
    this.#runs.apply(event);
    const lines = this.#linesOf(event);
    for (const line of lines) printLine(this.#terminal.out, line);
  }

  close(): void {}

  get #colors(): Colors {
    return this.#terminal.colors;
  }

  #linesOf(event: WatchEvent): string[] {
    switch (event.type) {
      case 'run':
        return this.#runLines(event);
      case 'job':
        return this.#jobLines(event);
      case 'step':
        return [this.#stepLine(event)];
      case 'log':
        return this.#logLines(event);
      case 'not_started':
        return [this.#colors.dim(`${safeText(event.file)} was not started: ${safeText(event.reason)}`)];
      case 'result':
        return resultLines(this.#runs, event, this.#colors);
    }
  }

  #runLines(event: RunEvent): string[] {
    if (event.status === 'completed' || this.#said.has(`run ${event.id}`)) return [];
    this.#said.set(`run ${event.id}`, '');
    return [this.#colors.bold(runTitle(event))];
  }

  #jobLines(event: JobEvent): string[] {
    this.#nameWidth = Math.max(this.#nameWidth, Math.min(LONGEST_NAME, stringWidth(event.name)));
    const text = jobText(event, this.#colors);
    if (!text || this.#said.get(`job ${event.id}`) === text) return [];
    this.#said.set(`job ${event.id}`, text);
    return [`${this.#name(event.name)} ${text}`];
  }

  #stepLine(event: StepEvent): string {
    const name = this.#name(this.#runs.job(event)?.event.name ?? '');
    const title = safeText(event.name);
    if (event.status === 'in_progress') return `${name} ${this.#colors.cyan('▸')} ${title}`;
    const elapsed = elapsedMs(event.startedAt, event.completedAt, Date.now());
    const duration = elapsed === undefined ? '' : this.#colors.dim(` ${durationText(elapsed)}`);
    return `${name} ${mark(event.status, event.conclusion, this.#colors)} ${title}${duration}`;
  }

  #logLines(event: LogEvent): string[] {
    const text = logText(event.text, this.#colors);
    if (text === undefined) return [];
    return [`${this.#name(this.#runs.job(event)?.event.name ?? '')} ${this.#colors.dim('│')} ${text}`];
  }

  #name(name: string): string {
    return this.#colors.cyan(pad(safeText(name), this.#nameWidth));
  }
}

/** `Hello #1 · push · main · 1a2b3c4` */
export function runTitle({ workflow, number, event, ref, sha }: RunEvent): string {
  const branch = shortRef(ref);
  return [`${safeText(workflow.name)} #${number}`, event, branch, sha.slice(0, 7)].join(' · ');
}

/** What to say of a job beside its steps; nothing while they speak for themselves. */
function jobText(
  { status, conclusion, reason, runner, startedAt, completedAt }: JobEvent,
  colors: Colors,
): string | undefined {
  if (status === 'in_progress') return runner ? colors.dim(`runs on ${safeText(runner)}`) : undefined;
  if (status !== 'completed') return reason ? colors.dim(`waits: ${safeText(reason)}`) : undefined;
  const elapsed = elapsedMs(startedAt, completedAt, Date.now());
  const duration = elapsed === undefined || conclusion === 'skipped' ? '' : ` in ${durationText(elapsed)}`;
  const because = reason && conclusion !== 'success' ? `: ${safeText(reason)}` : '';
  return `${mark(status, conclusion, colors)} ${colors.bold(conclusion ?? status)}${duration}${because}`;
}

/** The end of the story: what workflow files have wrong, what failed, with the last lines, and one line for all. */
export function resultLines(runs: Runs, result: WatchEvent & { type: 'result' }, colors: Colors): string[] {
  const lines: string[] = [''];
  for (const { event } of runs.runs.values()) {
    lines.push(...event.warnings.map((warning) => `${colors.yellow('!')} ${placed(warning)}`));
    lines.push(...event.errors.map((error) => `${colors.red('✗')} ${placed(error)}`));
  }
  for (const { job, steps } of runs.failures()) {
    for (const { event, lastLines } of steps) {
      lines.push(`${colors.red('✗')} ${colors.bold(`${safeText(job.event.name)} / ${safeText(event.name)}`)}`);
      for (const line of lastLines) {
        const text = logText(line, colors);
        if (text !== undefined) lines.push(`    ${text}`);
      }
    }
    if (steps.length === 0) lines.push(...failureNotes(job.event, colors));
  }
  if (result.message) lines.push(`${colors.red('✗')} ${safeText(result.message)}`);
  const sign = mark('completed', result.conclusion, colors);
  return [...lines, `${sign} ${colors.bold(result.conclusion)} in ${durationText(result.durationMs)}`];
}

function placed({ file, line, column, message }: SourceError): string {
  const place = [file, line, column].filter((part) => part !== null).join(':');
  return `${safeText(place)}: ${safeText(message)}`;
}

/** A job that failed without a failed step: its annotations and reason say why. */
function failureNotes({ name, annotations, reason }: JobEvent, colors: Colors): string[] {
  const notes = annotations.filter(({ level }) => level === 'failure').map(({ message }) => message);
  if (reason) notes.unshift(reason);
  return [...new Set(notes)].map((note) => `${colors.red('✗')} ${colors.bold(safeText(name))}: ${safeText(note)}`);
}
