import { notFound } from '../../common/errors.ts';
import type { Explanation, Runner, SourceError } from '../../protocol/dashboard/index.ts';
import type { Database } from '../../store/database.ts';
import { findJob, type JobRow, reasonsOf } from '../../store/jobs.ts';
import { earlierAttempts } from '../../store/run-attempts.ts';
import { allRunners, findRunner, type RunnerRow } from '../../store/runners.ts';
import type { RunRow } from '../../store/runs.ts';
import type { JobRequirement, RunnerFacts } from '../../workflow/routing.ts';
import type { WorkflowReader } from '../workflow-files/workflow-reader.ts';
import { whyPending } from './concurrency.ts';
import { type ExplainInput, explainJobAlone, explainRun, shortReason } from './explain.ts';
import { loadRunOrThrow, type RunBundle, workflowOf } from './run-bundle.ts';
import type { RunnerDirectory } from './runner-directory.ts';
import { heldJobs, viewRunner } from './runner-view.ts';

export interface EngineViewsOptions {
  db: Database;
  reader: WorkflowReader;
  directory: RunnerDirectory;
  requirement: (job: JobRow) => JobRequirement;
  scaleSets: () => RunnerFacts[];
}

/** Reads of the engine's state for people: nothing here changes anything. */
export class EngineViews {
  readonly #options: EngineViewsOptions;

  constructor(options: EngineViewsOptions) {
    this.#options = options;
  }

  /** @throws UserError 404 */
  async explainRun(id: number): Promise<Explanation> {
    return explainRun(await this.#explainInput(await this.#bundle(id)));
  }

  /** @throws UserError 404 */
  async explainJob(id: number): Promise<Explanation> {
    const job = await findJob(this.#options.db, id);
    if (!job) throw notFound(`Job ${id}`);
    return explainJobAlone(await this.#explainInput(await this.#bundle(job.run_id)), job);
  }

  /** The one sentence about a job that pages show beside it. */
  reasonOf(job: JobRow): string | null {
    if (job.phase !== 'queued') return job.reason;
    const { requirement, directory, scaleSets } = this.#options;
    return shortReason(requirement(job), directory.all(), scaleSets());
  }

  /** The one sentence about a run that waits as a whole. */
  async reasonOfRun(run: Pick<RunRow, 'id' | 'repository_id' | 'status'>): Promise<string | null> {
    return run.status === 'pending' ? whyPending(this.#options.db, run) : null;
  }

  /** Of the workflow file of a run. Not stored: they are as the file is read by this version. */
  async warningsOf(textHash: string, path: string): Promise<SourceError[]> {
    const { warnings } = await workflowOf(this.#options.db, this.#options.reader, textHash, path);
    return warnings;
  }

  async runners(): Promise<Runner[]> {
    const { db } = this.#options;
    const [rows, jobs] = await Promise.all([allRunners(db), heldJobs(db)]);
    return rows.map((row) => this.#viewRunner(row, jobs));
  }

  async runner(id: number): Promise<Runner | undefined> {
    const { db } = this.#options;
    const [row, jobs] = await Promise.all([findRunner(db, id), heldJobs(db, id)]);
    return row && this.#viewRunner(row, jobs);
  }

  #viewRunner(row: RunnerRow, jobs: Awaited<ReturnType<typeof heldJobs>>): Runner {
    const { directory } = this.#options;
    return viewRunner(row, jobs.get(row.id), directory.get(row.id), directory.lastSeen(row.id));
  }

  #bundle(runId: number): Promise<RunBundle> {
    return loadRunOrThrow(this.#options.db, this.#options.reader, runId);
  }

  async #receivedAt(eventId: number | null): Promise<string | null> {
    if (eventId === null) return null;
    const query = this.#options.db.selectFrom('events').select('accepted_at').where('id', '=', eventId);
    return (await query.executeTakeFirst())?.accepted_at ?? null;
  }

  async #explainInput(bundle: RunBundle): Promise<ExplainInput> {
    const { db, requirement, directory, scaleSets } = this.#options;
    const ids = bundle.jobs.map(({ id }) => id);
    const reasons = await reasonsOf(db, ids);
    const failed = await db
      .selectFrom('steps')
      .select(['job_id', 'name'])
      .where('job_id', 'in', ids)
      .where('conclusion', '=', 'failure')
      .orderBy('number')
      .execute();
    const began = await db
      .selectFrom('steps')
      .select(({ fn }) => ['job_id', fn.min('started_at').as('at')])
      .where('job_id', 'in', ids)
      .groupBy('job_id')
      .execute();
    return {
      bundle,
      receivedAt: await this.#receivedAt(bundle.run.event_id),
      firstStepAt: (jobId) => began.find(({ job_id }) => job_id === jobId)?.at ?? null,
      reasons: (jobId) => reasons.filter(({ job_id }) => job_id === jobId),
      failedSteps: (jobId) => failed.filter(({ job_id }) => job_id === jobId).map(({ name }) => name),
      requirement,
      runners: directory.all(),
      scaleSets: scaleSets(),
      earlierAttempts: await earlierAttempts(db, bundle.run.id),
      runReason: await this.reasonOfRun(bundle.run),
    };
  }
}
