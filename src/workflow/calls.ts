/** Which files the calls of a workflow lead to, and everything wrong with them before a run starts (SEM-11). */
import type { SourceError } from '../protocol/dashboard/index.ts';
import { callProblems } from './call-checks.ts';
import type { CalledFile, CallReference, Permissions, WorkflowCall, WorkflowJob, WorkflowOrigin } from './model.ts';
import { allPermissions } from './permissions.ts';
import { MAX_PROBLEMS, type Place, Problems } from './reader/problems.ts';
import { sharesGroup } from './shared-groups.ts';

/** A file that a call names. */
export interface CallTarget {
  /** Identifies the file inside one run: `owner/name/path@` and the ref, or the commit for a file of the caller's own. */
  key: string;
  /** `owner/name`, in lower case. */
  repository: string;
  path: string;
  /** Branch, tag or commit; only to be shown where `sha` is known. */
  ref: string;
  /** Commit of a file of the caller's own repository; null: `ref` has to be resolved. */
  sha: string | null;
}

/** @param origin of the file that the reference is written in */
export function callTarget(reference: CallReference, origin: WorkflowOrigin): CallTarget {
  const repository = (reference.repository ?? origin.repository).toLowerCase();
  const key = `${repository}/${reference.path}@${reference.ref ?? origin.sha}`;
  const version = reference.ref === null ? { ref: origin.ref, sha: origin.sha } : { ref: reference.ref, sha: null };
  return { key, repository, path: reference.path, ...version };
}

export interface LinkOptions {
  /** Levels of files, the run's own among them (SEM-11.3). Default 10. */
  maxDepth?: number;
  /** Different called files. Default 50. */
  maxFiles?: number;
  /** What callers have that declare nothing: the repository's policy (SEM-6.4). Default: anything may be asked for. */
  ceiling?: Permissions;
}

export interface LinkedCalls {
  /** To be loaded; then ask again. While there are any, `errors` and `warnings` are empty. */
  missing: CallTarget[];
  /** Not empty: no job may run. At most 10, each at its place in the file that calls. */
  errors: SourceError[];
  /** What is surely not meant. At most 100. */
  warnings: SourceError[];
}

/** What has been loaded, by the key of its target; what cannot be had is a sentence that says why. */
export type LoadedFiles = ReadonlyMap<string, CalledFile | { error: string }>;

const MAX_DEPTH = 10;
const MAX_FILES = 50;
/** In all called files together, counted per call: ten levels of files that call the next one three times would be 30,000. */
const MAX_JOBS = 2500;
const MAX_WARNINGS = 100;

const SHARED_GROUP =
  'The called workflow uses the concurrency group of its own caller: the call cancels its caller, or waits for it for ever.';

/** Follows every call, level by level of files. */
export function linkCalls(root: CalledFile, files: LoadedFiles, options: LinkOptions = {}): LinkedCalls {
  const { maxDepth = MAX_DEPTH, maxFiles = MAX_FILES, ceiling = allPermissions('write') } = options;
  const walk = new Walk(root, files, { maxDepth, maxFiles, ceiling });
  try {
    walk.visit({ file: root, callers: [], permissions: root.workflow.permissions });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    walk.missing.clear();
  }
  if (walk.missing.size > 0) return { missing: [...walk.missing.values()], errors: [], warnings: [] };
  const listed = (problems: Problems[], most: number) => problems.flatMap(({ list }) => list).slice(0, most);
  return { missing: [], errors: listed(walk.errors, MAX_PROBLEMS), warnings: listed(walk.warnings, MAX_WARNINGS) };
}

/** A file with what its callers bring along. */
interface Visit {
  file: CalledFile;
  /** What leads to it. */
  callers: { file: CalledFile; job: WorkflowJob }[];
  /** What its jobs have that declare nothing; `null`: nobody on the way declares anything either. */
  permissions: Permissions | null;
}

/** Ends the walk: what follows would be too much. */
class Stop extends Error {}

class Walk {
  readonly missing = new Map<string, CallTarget>();
  /** Those of a visit in one, in the order of visits. */
  readonly errors: Problems[] = [];
  readonly warnings: Problems[] = [];
  readonly #root: CalledFile;
  readonly #files: LoadedFiles;
  readonly #limits: Required<LinkOptions>;
  readonly #targets = new Set<string>();
  #jobs = 0;

  constructor(root: CalledFile, files: LoadedFiles, limits: Required<LinkOptions>) {
    this.#root = root;
    this.#files = files;
    this.#limits = limits;
  }

  visit(visit: Visit): void {
    const name = this.#nameOf(visit.file);
    const [errors, warnings] = [new Problems(name), new Problems(name, MAX_WARNINGS)];
    this.errors.push(errors);
    this.warnings.push(warnings);
    for (const job of visit.file.workflow.jobs) {
      const next = job.call ? this.#follow(visit, job, job.call, errors) : undefined;
      if (!next) continue;
      if (sharesGroup(next.callers, next.file)) warnings.add(SHARED_GROUP, job.call && placeOf(job.call));
      this.visit(next);
    }
  }

  /** The visit that a call leads to, unless there is none or it would only repeat what is wrong. */
  #follow(visit: Visit, job: WorkflowJob, call: WorkflowCall, errors: Problems): Visit | undefined {
    const callers = [...visit.callers, { file: visit.file, job }];
    const file = this.#fileOf(call, callers, errors);
    if (!file) return undefined;
    this.#jobs += file.workflow.jobs.length;
    this.#checkLimits(callers.length, call, errors);
    const permissions = job.permissions ?? visit.permissions;
    const found = callProblems(job, call, file.workflow, this.#nameOf(file), permissions ?? this.#policyFor(file));
    for (const { message, place } of found) errors.add(message, place);
    if (found.length > 0) return undefined;
    return { file, callers, permissions: file.workflow.permissions ?? permissions };
  }

  /** What a file may ask for when no caller declares anything: `id-token` only one of the run's own owner (SEM-6.4). */
  #policyFor({ origin }: CalledFile): Permissions {
    const { ceiling } = this.#limits;
    return ownerOf(origin) === ownerOf(this.#root.origin) ? ceiling : { ...ceiling, 'id-token': 'none' };
  }

  #fileOf(call: WorkflowCall, callers: Visit['callers'], errors: Problems): CalledFile | undefined {
    const origin = callers.at(-1)?.file.origin ?? this.#root.origin;
    const target = callTarget(call.reference, origin);
    this.#targets.add(target.key);
    this.#checkLimits(callers.length, call, errors);
    const file = this.#files.get(target.key);
    if (!file) this.missing.set(target.key, target);
    else if ('error' in file) errors.add(`error parsing called workflow "${call.uses}": ${file.error}`, placeOf(call));
    else {
      const loop = this.#loop(callers, file);
      if (!loop) return file;
      errors.add(loop, placeOf(call));
    }
    return undefined;
  }

  /** @param depth of files that lead to the called one */
  #checkLimits(depth: number, call: WorkflowCall, errors: Problems): void {
    const problem = this.#limitProblem(depth);
    if (!problem) return;
    errors.add(problem, placeOf(call));
    throw new Stop(problem);
  }

  #limitProblem(depth: number): string | undefined {
    const { maxDepth, maxFiles } = this.#limits;
    if (depth >= maxDepth) return `Nested reusable workflow depth exceeded ${maxDepth - 1}.`;
    if (this.#targets.size > maxFiles) return `The maximum file count of ${maxFiles} has been exceeded`;
    if (this.#jobs <= MAX_JOBS) return undefined;
    return `Workflows may not contain more than ${MAX_JOBS} jobs across all referenced files`;
  }

  #loop(callers: Visit['callers'], file: CalledFile): string | undefined {
    const start = callers.findIndex((caller) => isSameFile(caller.file, file));
    if (start < 0) return undefined;
    const way = [...callers.slice(start).map((caller) => caller.file), file].map((each) => `'${this.#nameOf(each)}'`);
    return `The workflows call each other in a circle: ${way.join(' calls ')}.`;
  }

  /** The path alone for a file of the run's own repository and commit. */
  #nameOf({ origin }: CalledFile): string {
    const { repository, path, ref, sha } = origin;
    const own = this.#root.origin;
    if (sha === own.sha && repository.toLowerCase() === own.repository.toLowerCase()) return path;
    return `${repository}/${path}@${ref}`;
  }
}

const placeOf = ({ line, column }: WorkflowCall): Place => ({ line, col: column });

const ownerOf = ({ repository }: WorkflowOrigin): string => repository.toLowerCase().split('/')[0] ?? '';

function isSameFile({ origin: a }: CalledFile, { origin: b }: CalledFile): boolean {
  return a.sha === b.sha && a.path === b.path && a.repository.toLowerCase() === b.repository.toLowerCase();
}
