/** Problem matchers: annotations from what a tool prints (SEM-23.8, runner-protocol 11.4). They last for the job. */
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { UserError } from '../../common/errors.ts';
import type { AnnotationLevel } from './step-record.ts';

/** What a matcher found in the lines. */
export interface Problem {
  level: AnnotationLevel;
  message: string;
  file?: string;
  fromPath?: string;
  line?: number;
  column?: number;
  code?: string;
}

interface Pattern {
  expression: RegExp;
  groups: Partial<Record<Field, number>>;
  loop: boolean;
}

type Field = (typeof FIELDS)[number];
const FIELDS = ['file', 'fromPath', 'line', 'column', 'severity', 'code', 'message'] as const;

type Groups = Partial<Record<Field, string>>;

interface Matcher {
  owner: string;
  severity: string;
  fromPath: string | undefined;
  patterns: Pattern[];
  /**
   * What the patterns before the next one have found: lines of one problem follow each other in the output of one step,
   * while others may print at the same time.
   */
  found: WeakMap<object, Groups[]>;
  timeouts: number;
}

/** An expression may take this long for the lines that came together; the third time that it does not end it is removed. */
const TIMEOUT_MS = 1_000;
const MAX_TIMEOUTS = 3;
const ANSI_CODES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

export class ProblemMatchers {
  #matchers: Matcher[] = [];

  get isEmpty(): boolean {
    return this.#matchers.length === 0;
  }

  /**
   * Adds the matchers of a file; one of the same owner is replaced.
   * @throws UserError `bad-matcher`
   * @returns their owners
   */
  add(file: string): string[] {
    const added = readMatchers(file);
    const owners = new Set(added.map(({ owner }) => owner));
    this.#matchers = [...this.#matchers.filter(({ owner }) => !owners.has(owner)), ...added];
    return [...owners];
  }

  /** @returns whether there was one */
  remove(owner: string): boolean {
    const before = this.#matchers.length;
    this.#matchers = this.#matchers.filter((matcher) => matcher.owner !== owner);
    return this.#matchers.length < before;
  }

  /**
   * What the lines tell, by the index of the line that told it.
   * @param output that the lines are of
   * @param onRemoved a matcher whose expression takes too long is removed
   */
  scan(lines: string[], output: object, onRemoved: (owner: string) => void): Map<number, Problem> {
    const problems = new Map<number, Problem>();
    const progress = { line: 0, matcher: 0 };
    while (progress.line < lines.length) {
      try {
        guarded(() => this.#walk(lines, output, progress, problems));
      } catch (error) {
        if (!isTimeout(error)) throw error;
        this.#blame(output, progress, onRemoved);
      }
    }
    return problems;
  }

  #walk(
    lines: string[],
    output: object,
    progress: { line: number; matcher: number },
    problems: Map<number, Problem>,
  ): void {
    for (; progress.line < lines.length; progress.line++) {
      const text = (lines[progress.line] ?? '').replace(ANSI_CODES, '');
      for (; progress.matcher < this.#matchers.length; progress.matcher++) {
        const matcher = this.#matchers[progress.matcher];
        const problem = matcher && match(matcher, output, text);
        if (!problem) continue;
        problems.set(progress.line, problem);
        break;
      }
      progress.matcher = 0;
    }
  }

  /** The matcher that was at work did not end: it is passed over for this line. */
  #blame(output: object, progress: { line: number; matcher: number }, onRemoved: (owner: string) => void): void {
    const matcher = this.#matchers[progress.matcher];
    progress.matcher++;
    if (!matcher) return;
    matcher.found.delete(output);
    matcher.timeouts++;
    if (matcher.timeouts < MAX_TIMEOUTS) return;
    this.remove(matcher.owner);
    progress.matcher--;
    onRemoved(matcher.owner);
  }
}

/** V8 itself ends what takes too long, regular expressions too, wherever they are called from here. */
function guarded(work: () => void): void {
  guard ??= createGuard();
  guard(work);
}

let guard: ((work: () => void) => void) | undefined;

/** Made once, when there is a matcher: a context costs a millisecond. */
function createGuard(): (work: () => void) => void {
  const room = createContext({ work: undefined as (() => void) | undefined });
  const script = new Script('work()');
  return (work) => {
    room.work = work;
    script.runInContext(room, { timeout: TIMEOUT_MS });
  };
}

/** The error is one of the other context: no instance of ours. */
const isTimeout = (error: unknown): boolean =>
  (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** One line against the pattern that is due; a problem of several lines is told by its last one. */
function match(matcher: Matcher, output: object, text: string): Problem | undefined {
  const { patterns } = matcher;
  const found = matcher.found.get(output) ?? [];
  const due = patterns[found.length];
  const last = patterns.length - 1;
  const groups = due && groupsOf(due, text);
  if (groups && found.length === last) {
    const problem = problemOf(matcher, [...found, groups]);
    if (!due.loop) matcher.found.delete(output);
    return problem;
  }
  if (groups) {
    matcher.found.set(output, [...found, groups]);
    return undefined;
  }
  const hadBegun = found.length > 0;
  matcher.found.delete(output);
  // The line that ends one problem may begin the next.
  return hadBegun ? match(matcher, output, text) : undefined;
}

function groupsOf({ expression, groups }: Pattern, text: string): Groups | undefined {
  const result = expression.exec(text);
  if (!result) return undefined;
  const values = FIELDS.flatMap((field) => {
    const group = groups[field];
    return group === undefined ? [] : [[field, result[group]]];
  });
  return Object.fromEntries(values);
}

function problemOf({ severity, fromPath }: Matcher, found: Groups[]): Problem | undefined {
  const all: Partial<Record<Field, string>> = Object.assign({}, ...found.map(withoutEmpty));
  if (!all.message) return undefined;
  return {
    level: levelOf(all.severity || severity),
    message: all.message,
    file: all.file,
    fromPath: all.fromPath ?? fromPath,
    line: numberOf(all.line),
    column: numberOf(all.column),
    code: all.code,
  };
}

const withoutEmpty = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));

function levelOf(severity: string): AnnotationLevel {
  const name = severity.toLowerCase();
  if (name === 'warning' || name === 'notice') return name;
  return 'failure';
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : undefined;

// --- the file ---

type Raw = Record<string, unknown>;

function readMatchers(file: string): Matcher[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw bad(file, error instanceof Error ? error.message : String(error));
  }
  const list = isRaw(parsed) ? parsed.problemMatcher : undefined;
  if (!Array.isArray(list) || list.length === 0) throw bad(file, 'it has no list "problemMatcher"');
  return list.map((raw) => readMatcher(file, raw));
}

const bad = (file: string, why: string): UserError =>
  new UserError('bad-matcher', `The problem matcher ${file} cannot be used: ${why}.`);

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function readMatcher(file: string, raw: unknown): Matcher {
  if (!isRaw(raw) || textOf(raw.owner) === '') throw bad(file, 'a matcher has no "owner"');
  const owner = textOf(raw.owner);
  const severity = textOf(raw.severity);
  if (!['', 'error', 'warning', 'notice'].includes(severity.toLowerCase()))
    throw bad(file, `the severity "${severity}" of ${owner} is not known`);
  const list = Array.isArray(raw.pattern) ? raw.pattern : [];
  if (list.length === 0) throw bad(file, `${owner} has no "pattern"`);
  const patterns = list.map((pattern, index) => readPattern(file, owner, pattern, index === list.length - 1));
  if (patterns.every(({ groups }) => groups.message === undefined))
    throw bad(file, `no pattern of ${owner} has a "message"`);
  if (patterns.length === 1 && patterns[0]?.loop) throw bad(file, `the only pattern of ${owner} cannot loop`);
  return { owner, severity, fromPath: textOf(raw.fromPath) || undefined, patterns, found: new WeakMap(), timeouts: 0 };
}

function readPattern(file: string, owner: string, raw: unknown, isLast: boolean): Pattern {
  if (!isRaw(raw)) throw bad(file, `a pattern of ${owner} is no mapping`);
  if (raw.loop === true && !isLast) throw bad(file, `only the last pattern of ${owner} can loop`);
  const groups: Pattern['groups'] = {};
  for (const field of FIELDS) {
    const group = raw[field];
    if (group === undefined || group === null) continue;
    if (typeof group !== 'number' || !Number.isInteger(group) || group < 0)
      throw bad(file, `"${field}" of ${owner} must be the number of a group`);
    groups[field] = group;
  }
  try {
    return { expression: new RegExp(textOf(raw.regexp)), groups, loop: raw.loop === true };
  } catch (error) {
    throw bad(file, error instanceof Error ? error.message : String(error));
  }
}
