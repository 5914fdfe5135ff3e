/** One declared job: its condition, its combinations, and of each what it asks for, as far as it can be told (SEM-5.6). */
import type { SourceError } from '../../protocol/dashboard/index.ts';
import type { Json, TemplateToken } from '../../protocol/runner/tokens.ts';
import { callInputs } from '../call-values.ts';
import { resolveJob } from '../evaluate-job.ts';
import { expandMatrix } from '../expand-matrix.ts';
import { transitiveNeeds } from '../graph.ts';
import { knownPart } from '../known-part.ts';
import type { JobConfiguration, JobResult, Permissions, ResolvedJob, Workflow, WorkflowJob } from '../model.ts';
import { allPermissions, effectivePermissions } from '../permissions.ts';
import { type Reference, referencesIn } from '../references.ts';
import { isMappingToken, literalText } from '../tokens.ts';
import { foreseeCondition } from './foresee-condition.ts';
import type { PlannedJob } from './model.ts';
import { jobPath, type Level, type LevelResults, MAX_PLANNED_JOBS, type PlanContext } from './plan-level.ts';

export interface JobAndCalled {
  job: PlannedJob;
  /** The file that it calls, when that is known and will be reached. */
  called: Level | null;
}

const NO_MATRIX: JobConfiguration = {
  matrix: null,
  strategy: { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 },
  nameSuffix: '',
};

export class JobPlanner {
  readonly #context: PlanContext;
  readonly #level: Level;
  readonly #job: WorkflowJob;
  readonly #results: LevelResults;
  /** Direct needs whose results are not known, in lower case. */
  readonly #open: ReadonlySet<string>;
  readonly #contexts: Record<string, Json>;

  /** @param results of every job that this one needs */
  constructor(context: PlanContext, level: Level, job: WorkflowJob, results: LevelResults) {
    this.#context = context;
    this.#level = level;
    this.#job = job;
    this.#results = results;
    const open = job.needs.filter((need) => results.get(need) === null);
    this.#open = new Set(open.map((need) => need.toLowerCase()));
    const { github, vars } = context;
    this.#contexts = { github, vars, inputs: level.inputs, needs: this.#needsContext() };
  }

  plan(): JobAndCalled[] {
    const { workflow } = this.#level;
    const isKnown = (reference: Reference): boolean => this.#isKnown(reference);
    const foresight = { contexts: this.#contexts, isKnown, ancestors: this.#ancestors() };
    const { condition, error } = foreseeCondition(workflow, this.#job, foresight);
    const waits = condition.result === null || this.#level.caller?.job.state === 'after-needs';
    const base = { ...this.#base(), condition, state: waits ? ('after-needs' as const) : ('runs' as const) };
    if (error !== undefined) return [this.#failed(base, [{ ...this.#place(), message: error }])];
    if (condition.result === false) return [{ job: this.#counted({ ...base, state: 'skipped' }), called: null }];
    return this.#combinations({ ...base, waitsFor: this.#waitsFor() });
  }

  /** SEM-9.8: direct needs only. */
  #needsContext(): Json {
    const needs = this.#job.needs.flatMap((need): [string, Json][] => {
      const result = this.#results.get(need) ?? null;
      const outputs = this.#context.results.get(jobPath(this.#level, need).toLowerCase())?.outputs ?? {};
      return result === null ? [] : [[need, { result, outputs }]];
    });
    return Object.fromEntries(needs);
  }

  /** Once the results of all direct needs are known, what those needed in turn has succeeded unless it is known better. */
  #ancestors(): Map<string, JobResult | null> {
    const unknown = this.#open.size === 0 ? 'success' : null;
    const keys = transitiveNeeds(this.#level.workflow, this.#job.key);
    return new Map(keys.map((key) => [key, this.#results.get(key) ?? unknown]));
  }

  #isKnown({ context, members: [first] }: Reference): boolean {
    const open = context === 'needs' ? this.#open : context === 'inputs' ? this.#level.unknownInputs : undefined;
    if (!open || open.size === 0) return true;
    return typeof first === 'string' && first !== '*' && !open.has(first.toLowerCase());
  }

  #combinations(base: PlannedJob): JobAndCalled[] {
    const { workflow } = this.#level;
    if (!referencesIn(this.#job.strategy).every((reference) => this.#isKnown(reference))) {
      return [this.#combination({ ...base, unknown: ['strategy'] }, NO_MATRIX)];
    }
    const configurations = expandMatrix(workflow, this.#job.key, this.#contexts);
    if (!configurations.ok) return [this.#failed(base, configurations.errors)];
    const room = Math.max(1, MAX_PLANNED_JOBS - this.#context.count);
    return configurations.value.slice(0, room).map((configuration) => this.#combination(base, configuration));
  }

  #combination(base: PlannedJob, configuration: JobConfiguration): JobAndCalled {
    const hasMatrix = !base.unknown.includes('strategy');
    const isKnown = (reference: Reference): boolean =>
      this.#isKnown(reference) && (hasMatrix || !['matrix', 'strategy'].includes(reference.context));
    const { job, unknown } = knownPart(this.#job, isKnown);
    const workflow: Workflow = { ...this.#level.workflow, jobs: [job] };
    const resolved = resolveJob(workflow, job.key, this.#contexts, configuration);
    const combined = { ...base, matrix: configuration.matrix, unknown: [...base.unknown, ...unknown] };
    if (!resolved.ok) return this.#failed(combined, resolved.errors);
    const planned = this.#counted({ ...combined, ...this.#resolvedPart(resolved.value, combined) });
    return job.call ? this.#withCalled(planned, configuration, isKnown) : { job: planned, called: null };
  }

  #resolvedPart(resolved: ResolvedJob, { unknown }: PlannedJob): Partial<PlannedJob> {
    const { labels, group, environment, concurrency } = resolved;
    const isKnown = (field: PlannedJob['unknown'][number]): boolean => !unknown.includes(field);
    return {
      name: this.#fullName(resolved.name),
      runsOn: this.#job.call || !isKnown('runs-on') ? null : { labels, group },
      environment,
      concurrency,
      timeoutMinutes: this.#job.call || !isKnown('timeout-minutes') ? null : resolved.timeoutMinutes,
      continueOnError: isKnown('continue-on-error') ? resolved.continueOnError : null,
    };
  }

  /** The planned call, with the file that it leads to. */
  #withCalled(
    planned: PlannedJob,
    configuration: JobConfiguration,
    isKnown: (reference: Reference) => boolean,
  ): JobAndCalled {
    const { call } = this.#job;
    const callee =
      call && call.reference.repository === null ? this.#context.files.get(call.reference.path) : undefined;
    if (!call || !callee || this.#context.count >= MAX_PLANNED_JOBS) return { job: planned, called: null };
    const { known, unknown } = splitInputs(call.with, isKnown);
    const job = { ...this.#job, call: { ...call, with: known } };
    const inputs = callInputs(callee, job, this.#level.workflow, this.#contexts, configuration);
    if (!inputs.ok) return this.#failed(planned, inputs.errors);
    const shown: PlannedJob = unknown.size > 0 ? { ...planned, unknown: [...planned.unknown, 'with'] } : planned;
    const caller = { job: shown, permissions: planned.permissions };
    return { job: shown, called: { workflow: callee, inputs: inputs.value, unknownInputs: unknown, caller } };
  }

  #base(): PlannedJob {
    const { key, needs, call, name } = this.#job;
    return {
      path: jobPath(this.#level, key),
      key,
      name: this.#fullName(literalText(name) || key),
      state: 'runs',
      waitsFor: [],
      needs: needs.map((need) => jobPath(this.#level, need)),
      condition: { expression: this.#job.condition, result: null, values: [] },
      ...this.#place(),
      matrix: null,
      runsOn: null,
      calls: call?.uses ?? null,
      environment: null,
      concurrency: null,
      permissions: this.#permissions(),
      timeoutMinutes: null,
      continueOnError: null,
      unknown: [],
      errors: [],
    };
  }

  #place(): { file: string; line: number; column: number } {
    const { line, column } = this.#job;
    return { file: this.#level.workflow.path, line, column };
  }

  /** SEM-11.10 */
  #fullName(name: string): string {
    const { caller } = this.#level;
    return caller ? `${caller.job.name} / ${name}` : name;
  }

  #waitsFor(): string[] {
    const own = this.#job.needs.filter((need) => this.#open.has(need.toLowerCase()));
    const paths = own.map((need) => jobPath(this.#level, need));
    return paths.length > 0 ? paths : (this.#level.caller?.job.waitsFor ?? []);
  }

  /** `null` when nobody on the way here declares any: then they are the repository's policy. */
  #permissions(): Permissions | null {
    const { workflow, caller } = this.#level;
    const ceiling = caller?.permissions;
    if (!this.#job.permissions && !workflow.permissions && !ceiling) return null;
    const limits = { ceiling: ceiling ?? allPermissions('write'), readOnly: this.#context.readOnly };
    return effectivePermissions(workflow, this.#job, limits);
  }

  #failed(base: PlannedJob, errors: SourceError[]): JobAndCalled {
    return { job: this.#counted({ ...base, state: 'fails', waitsFor: [], errors }), called: null };
  }

  #counted(job: PlannedJob): PlannedJob {
    this.#context.count++;
    return job;
  }
}

/** The inputs whose values are known, and the names of the others. */
function splitInputs(
  given: TemplateToken,
  isKnown: (reference: Reference) => boolean,
): { known: TemplateToken; unknown: Set<string> } {
  if (!isMappingToken(given)) return { known: given, unknown: new Set() };
  const open = given.map.filter(({ Value }) => !referencesIn(Value).every(isKnown));
  const unknown = new Set(open.map(({ Key }) => (literalText(Key) ?? '').toLowerCase()));
  return { known: { ...given, map: given.map.filter((pair) => !open.includes(pair)) }, unknown };
}
