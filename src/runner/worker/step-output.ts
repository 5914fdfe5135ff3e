/** What a step prints: plain lines, folds and annotations, and the commands among its lines (SEM-23). */
import type { Masks } from '../masks.ts';
import { type Command, isCommandName, parseCommand } from './commands.ts';
import type { LineSink } from './logs.ts';
import type { Problem, ProblemMatchers } from './problem-matchers.ts';
import type { Annotation, AnnotationLevel, StepRecord } from './step-record.ts';

/** Tokens of stop-commands up to this length are not masked (SEM-23.4). */
const SHORT_TOKEN = 6;

/** What commands change outside the step's output. */
export interface CommandEffects {
  setOutput(name: string, value: string): void;
  saveState(name: string, value: string): void;
  setEnv(name: string, value: string): void;
  addPath(path: string): void;
  relativePath(file: string): string;
  /** Annotation of what a problem matcher found. */
  locate(problem: Problem): Annotation;
  matchers: ProblemMatchers;
  /** A path that the step named, as this machine sees it. */
  outside(path: string): string;
  /** `ACTIONS_ALLOW_UNSECURE_COMMANDS` is `true` for this step. */
  allowUnsecure: boolean;
}

export class StepOutput {
  readonly #sink: LineSink;
  readonly #record: StepRecord;
  readonly #masks: Masks;
  readonly #isDebug: boolean;
  #echo: boolean;
  /** Token that ends `stop-commands`. */
  #stopToken: string | undefined;
  /** A command could not be processed: the step fails at its end (SEM-23.6). */
  commandFailed = false;

  constructor(sink: LineSink, record: StepRecord, masks: Masks, isDebug: boolean) {
    this.#sink = sink;
    this.#record = record;
    this.#masks = masks;
    this.#isDebug = isDebug;
    this.#echo = isDebug;
  }

  /** Lines of the runner itself: not scanned for commands. */
  print(...lines: string[]): void {
    this.#sink.write(lines.flatMap((line) => line.split(/\r?\n/)));
  }

  group(title: string, ...lines: string[]): void {
    this.print(`##[group]${title}`, ...lines, '##[endgroup]');
  }

  command(text: string): void {
    this.print(`##[command]${text}`);
  }

  debug(...texts: string[]): void {
    if (!this.#isDebug) return;
    for (const line of texts.flatMap((text) => text.split(/\r?\n/))) this.print(`##[debug]${line}`);
  }

  error(message: string): void {
    this.#issue({ level: 'failure', message });
  }

  warning(message: string): void {
    this.#issue({ level: 'warning', message });
  }

  /** Lines of the step's process. */
  scan(lines: string[], effects: CommandEffects): void {
    // What adds or removes a matcher counts from its line on.
    const change = lines.findIndex((line) => MATCHER_COMMAND.test(line));
    this.#scan(change < 0 ? lines : lines.slice(0, change), effects);
    if (change < 0) return;
    if (!this.#process(lines[change] ?? '', effects)) this.#sink.write(lines.slice(change, change + 1));
    this.scan(lines.slice(change + 1), effects);
  }

  #scan(lines: string[], effects: CommandEffects): void {
    const problems = this.#problems(lines, effects);
    let plain: string[] = [];
    for (const [index, line] of lines.entries()) {
      const problem = problems?.get(index);
      if (!problem && !this.#mayBeCommand(line)) {
        plain.push(line);
        continue;
      }
      // What came before a mask was printed before it; keep the order.
      this.#sink.write(plain);
      plain = [];
      if (problem) this.#report(effects.locate(problem), line);
      else if (!this.#process(line, effects)) plain.push(line);
    }
    this.#sink.write(plain);
  }

  /** What the job's problem matchers see in the lines; mostly there are none. */
  #problems(lines: string[], { matchers }: CommandEffects): Map<number, Problem> | undefined {
    if (matchers.isEmpty || this.#stopToken !== undefined) return undefined;
    return matchers.scan(lines, this, (owner) =>
      this.warning(`The problem matcher '${owner}' was removed: its expression took too long three times.`),
    );
  }

  #mayBeCommand(line: string): boolean {
    return line.includes('::') || line.includes('##[');
  }

  /** False when the line is plain output. */
  #process(line: string, effects: CommandEffects): boolean {
    if (this.#stopToken !== undefined) return this.#resume(line);
    const command = parseCommand(line);
    if (!command) return false;
    try {
      this.#run(command, effects);
    } catch (error) {
      this.commandFailed = true;
      this.error(`Unable to process command '${line.trim()}': ${error instanceof Error ? error.message : error}`);
      return true;
    }
    if (this.#echo && !SELF_SHOWING.has(command.name)) this.print(line);
    return true;
  }

  #resume(line: string): boolean {
    const token = this.#stopToken?.toLowerCase();
    const text = line.trim().toLowerCase();
    if (text !== `::${token}::` && text !== `##[${token}]`) return false;
    this.#stopToken = undefined;
    return true;
  }

  #run(command: Command, effects: CommandEffects): void {
    const { name, data, properties } = command;
    switch (name) {
      case 'debug':
        this.debug(data);
        break;
      case 'notice':
      case 'warning':
      case 'error':
        this.#issue(annotationOf(command, effects));
        break;
      case 'group':
        this.print(`##[group]${data}`);
        break;
      case 'endgroup':
        this.print('##[endgroup]');
        break;
      case 'add-mask':
        this.#addMask(data);
        break;
      case 'set-output':
        this.#deprecated(name, () => effects.setOutput(required(properties.name), data));
        break;
      case 'save-state':
        this.#deprecated(name, () => effects.saveState(required(properties.name), data));
        break;
      case 'set-env':
        unsecure(name, effects, () => effects.setEnv(required(properties.name), data));
        break;
      case 'add-path':
        unsecure(name, effects, () => effects.addPath(data));
        break;
      case 'add-matcher':
        this.#addMatcher(data, effects);
        break;
      case 'remove-matcher':
        if (!effects.matchers.remove(required(properties.owner)))
          this.debug(`There is no matcher '${properties.owner}'.`);
        break;
      case 'echo':
        this.#switchEcho(data);
        break;
      case 'stop-commands':
        this.#stop(data);
        break;
    }
  }

  #addMatcher(file: string, { matchers, outside }: CommandEffects): void {
    for (const owner of matchers.add(outside(file.trim()))) this.print(`Added problem matcher '${owner}'.`);
  }

  #addMask(value: string): void {
    if (value.trim() === '') this.warning("Can't add secret mask for empty string in ##[add-mask] command.");
    this.#masks.add(value);
    if (this.#echo) this.print('::add-mask::***');
  }

  #deprecated(name: string, apply: () => void): void {
    apply();
    const file = name === 'set-output' ? 'GITHUB_OUTPUT' : 'GITHUB_STATE';
    this.warning(`The \`${name}\` command is deprecated. Please write to the file in ${file} instead.`);
  }

  #switchEcho(data: string): void {
    const value = data.trim().toLowerCase();
    if (value !== 'on' && value !== 'off') throw new Error(`Invalid echo command value '${data}': use on or off.`);
    this.#echo = value === 'on';
  }

  #stop(token: string): void {
    if (token === '' || isCommandName(token) || token.toLowerCase() === 'pause-logging') {
      throw new Error(`Invalid stop-commands token '${token}'.`);
    }
    if (token.length > SHORT_TOKEN) this.#masks.add(token);
    this.#stopToken = token;
  }

  #issue(annotation: Annotation): void {
    this.#report(annotation, annotation.message);
  }

  /** @param text what the log shows */
  #report(annotation: Annotation, text: string): void {
    this.print(`##[${LOG_PREFIX[annotation.level]}]${text}`);
    const masked = (text: string | undefined): string | undefined => text && this.#masks.apply(text);
    // Without a place in a file an issue points at its line in the log (runner-protocol 11.2).
    const line = annotation.path || annotation.startLine ? {} : { startLine: this.#record.lineCount };
    this.#record.annotate({
      ...annotation,
      ...line,
      message: this.#masks.apply(annotation.message),
      title: masked(annotation.title),
      path: masked(annotation.path),
    });
  }
}

const MATCHER_COMMAND = /(?:::|##\[)(?:add|remove)-matcher/i;

/** Commands that print a line of their own, or must not be echoed. */
const SELF_SHOWING = new Set(['debug', 'notice', 'warning', 'error', 'group', 'endgroup', 'add-mask']);

const LOG_PREFIX: Record<AnnotationLevel, string> = { failure: 'error', warning: 'warning', notice: 'notice' };

function required(name: string | undefined): string {
  if (name) return name;
  throw new Error("Required field 'name' is missing.");
}

function unsecure(name: string, effects: CommandEffects, apply: () => void): void {
  const file = name === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
  if (!effects.allowUnsecure)
    throw new Error(`The \`${name}\` command is disabled. Write to the file in ${file} instead.`);
  apply();
}

/** `endLine` and `endColumn` need `line`; columns only count on one line (SEM-23.7). */
function annotationOf({ name, data, properties }: Command, effects: CommandEffects): Annotation {
  const level: AnnotationLevel = name === 'error' ? 'failure' : name === 'warning' ? 'warning' : 'notice';
  const startLine = wholeNumber(properties.line);
  const endLine = startLine === undefined ? undefined : (wholeNumber(properties.endline) ?? startLine);
  const isOneLine = startLine !== undefined && endLine === startLine;
  const startColumn = isOneLine ? wholeNumber(properties.col) : undefined;
  return {
    level,
    message: data,
    title: properties.title,
    path: properties.file && effects.relativePath(properties.file),
    startLine,
    endLine,
    startColumn,
    endColumn: isOneLine ? (wholeNumber(properties.endcolumn) ?? startColumn) : undefined,
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
