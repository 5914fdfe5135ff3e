import { notFound } from '../../common/errors.ts';
import type { Json } from '../../protocol/runner/tokens.ts';
import type { Queries } from '../../store/database.ts';
import { type JobRow, jobsForMessage, jobsOfRun } from '../../store/jobs.ts';
import type { RepositoryRow } from '../../store/repositories.ts';
import { findRun, type RunRow, workflowText } from '../../store/runs.ts';
import { visibleVariables } from '../../store/variables.ts';
import type { CalledFile, Workflow, WorkflowOrigin } from '../../workflow/index.ts';
import type { WorkflowReader } from '../workflow-files/workflow-reader.ts';

/** Everything that decides how a run goes on. */
export interface RunBundle {
  run: RunRow;
  repository: RepositoryRow;
  workflowPath: string;
  workflow: Workflow;
  /** Files of called workflows, by the key of `callTarget`. */
  files: ReadonlyMap<string, CalledFile>;
  /** Of every level. */
  jobs: JobRow[];
  /** The `vars` context, as long as no environment adds to it. */
  vars: Record<string, string>;
  /** By the id of the calling job; null is the run's own workflow. */
  levels: ReadonlyMap<number | null, Level>;
}

/** The jobs of one workflow within a run: of the run's own file, or of one that a job calls (SEM-11). */
export interface Level {
  bundle: RunBundle;
  /** The job that calls this workflow. */
  caller: JobRow | null;
  workflow: Workflow;
  origin: WorkflowOrigin;
  inputs: Record<string, Json>;
  jobs: JobRow[];
}

/** How `runs.called_files` keeps a called file. */
export interface StoredFile {
  origin: WorkflowOrigin;
  hash: string;
}

/**
 * @param onlyFor loads of the jobs only those that this one's message tells of
 * @returns undefined when there is no such run
 */
export async function loadRun(
  db: Queries,
  reader: WorkflowReader,
  runId: number,
  onlyFor?: JobRow,
): Promise<RunBundle | undefined> {
  const run = await findRun(db, runId);
  if (!run) return undefined;
  const repository = await db
    .selectFrom('repositories')
    .selectAll()
    .where('id', '=', run.repository_id)
    .executeTakeFirstOrThrow();
  const [{ path }, jobs, vars] = await Promise.all([
    db.selectFrom('workflows').select('path').where('id', '=', run.workflow_id).executeTakeFirstOrThrow(),
    onlyFor ? jobsForMessage(db, onlyFor) : jobsOfRun(db, runId),
    visibleVariables(db, repository),
  ]);
  const workflow = await workflowOf(db, reader, run.text_hash, path);
  const files = await calledFiles(db, reader, run);
  const parts = { run, repository, workflowPath: path, workflow, files, jobs, vars };
  const levels = new Map<number | null, Level>();
  const bundle: RunBundle = { ...parts, levels };
  levels.set(null, ownLevel(bundle));
  // A calling job has a lower id than those it calls, so every level is there before the ones below it.
  for (const job of jobs) {
    const file = job.called_file === null ? undefined : files.get(job.called_file);
    if (file) levels.set(job.id, { bundle, caller: job, ...file, inputs: JSON.parse(job.inputs), jobs: [] });
    levels.get(job.parent_id)?.jobs.push(job);
  }
  return bundle;
}

function ownLevel(bundle: RunBundle): Level {
  const { run, repository, workflow, workflowPath: path } = bundle;
  const origin = originOf(repository, path, run);
  return { bundle, caller: null, workflow, origin, inputs: JSON.parse(run.inputs), jobs: [] };
}

/** Where a run's own file comes from. */
export function originOf(
  { owner, name }: Pick<RepositoryRow, 'owner' | 'name'>,
  path: string,
  { ref, sha }: Pick<RunRow, 'ref' | 'sha'>,
): WorkflowOrigin {
  return { repository: `${owner}/${name}`, path, ref, sha };
}

async function calledFiles(db: Queries, reader: WorkflowReader, run: RunRow): Promise<Map<string, CalledFile>> {
  const stored = Object.entries(JSON.parse(run.called_files) as Record<string, StoredFile>);
  const files = new Map<string, CalledFile>();
  for (const [key, { origin, hash }] of stored) {
    files.set(key, { origin, workflow: await workflowOf(db, reader, hash, origin.path) });
  }
  return files;
}

/** The level that a job belongs to. */
export function levelOf(bundle: RunBundle, job: JobRow): Level {
  const level = bundle.levels.get(job.parent_id);
  if (!level) throw new Error(`job ${job.id} belongs to a call that run ${bundle.run.id} does not have`);
  return level;
}

/** The parsed file of a run. */
export async function workflowOf(
  db: Queries,
  reader: WorkflowReader,
  textHash: string,
  path: string,
): Promise<Workflow> {
  const known = reader.cached(textHash, path);
  const file = known ?? (await reader.read(path, await workflowText(db, textHash), textHash));
  return file.workflow;
}

/** @throws UserError 404 */
export async function loadRunOrThrow(
  db: Queries,
  reader: WorkflowReader,
  runId: number,
  onlyFor?: JobRow,
): Promise<RunBundle> {
  const bundle = await loadRun(db, reader, runId, onlyFor);
  if (bundle) return bundle;
  throw notFound(`Run ${runId}`);
}
