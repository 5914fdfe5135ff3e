import type { View, WatchEvent } from '../watch/events.ts';
import { cut, durationText, elapsedMs, mark, safeText } from './format.ts';
import { resultLines, runTitle } from './log-view.ts';
import { type JobState, type RunState, Runs, type StepState } from './run-state.ts';
import { type Colors, printLine, sizeOf, type Terminal } from './terminal.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

/** Jobs and steps as a tree that is repainted in place while they run. For people at a terminal. */
export class TreeView implements View {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #runs = new Runs();
  readonly #timer: NodeJS.Timeout;
  #frame = 0;
  #painted = 0;
  #isClosed = false;

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#now = now;
    this.#timer = setInterval(() => this.#tick(), FRAME_MS);
    this.#timer.unref();
    terminal.out.write(HIDE_CURSOR);
  }

  show(event: WatchEvent): void {
    this.#runs.apply(event);
    if (event.type === 'not_started') {
      this.#erase();
      printLine(this.#terminal.out, `${safeText(event.file)} was not started: ${safeText(event.reason)}`);
    }
    if (event.type === 'result') {
      this.close();
      for (const line of resultLines(this.#runs, event, this.#terminal.colors)) printLine(this.#terminal.out, line);
      return;
    }
    this.#paint();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#paint(Number.POSITIVE_INFINITY);
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#terminal.out.write(SHOW_CURSOR);
  }

  #tick(): void {
    this.#frame++;
    this.#paint();
  }

  /** Draws the tree over the one before. What is higher than the screen cannot be repainted, so it is left out. */
  #paint(rows = sizeOf(this.#terminal.out).rows - 1): void {
    if (this.#isClosed) return;
    const options = {
      now: this.#now(),
      spinner: SPINNER[this.#frame % SPINNER.length] ?? '',
      width: sizeOf(this.#terminal.out).columns,
      colors: this.#terminal.colors,
    };
    const lines = [...this.#runs.runs.values()].flatMap((run) => treeLines(run, options)).slice(-rows);
    this.#erase();
    this.#terminal.out.write(lines.map((line) => `${line}\n`).join(''));
    this.#painted = lines.length;
  }

  #erase(): void {
    if (this.#painted > 0) this.#terminal.out.write(`\x1b[${this.#painted}A\x1b[J`);
    this.#painted = 0;
  }
}

export interface TreeOptions {
  now: number;
  /** The sign of what is in progress. */
  spinner: string;
  width: number;
  colors: Colors;
}

export function treeLines(run: RunState, options: TreeOptions): string[] {
  const lines = [options.colors.bold(cut(runTitle(run.event), options.width - 1))];
  for (const job of run.jobs.values()) lines.push(...jobLines(job, options));
  return lines;
}

function jobLines(job: JobState, options: TreeOptions): string[] {
  const { name, status, reason, conclusion } = job.event;
  const note = status === 'completed' && conclusion === 'success' ? '' : (reason ?? '');
  const lines = [entryLine('  ', name, job.event, note, options)];
  if (status === 'queued' || status === 'waiting' || status === 'pending') return lines;
  for (const step of job.steps.values()) lines.push(stepLine(step, options));
  return lines;
}

const stepLine = ({ event }: StepState, options: TreeOptions): string =>
  entryLine('    ', event.name, event, '', options);

function entryLine(
  indent: string,
  name: string,
  event: JobState['event'] | StepState['event'],
  note: string,
  options: TreeOptions,
): string {
  const { colors, now, width } = options;
  const sign =
    event.status === 'in_progress' ? colors.yellow(options.spinner) : mark(event.status, event.conclusion, colors);
  const elapsed = event.conclusion === 'skipped' ? undefined : elapsedMs(event.startedAt, event.completedAt, now);
  const duration = elapsed === undefined ? '' : ` ${durationText(elapsed)}`;
  const room = Math.max(8, width - indent.length - 3 - duration.length);
  const title = cut(safeText(name), room);
  const rest = note && title.length + 3 < room ? cut(`  ${safeText(note)}`, room - title.length) : '';
  return `${indent}${sign} ${title}${colors.dim(duration)}${colors.dim(rest)}`;
}
