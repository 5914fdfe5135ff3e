/** What an OIDC token says of its job, in GitHub's claims (runner-protocol 9.9). */
import type { Queries } from '../../store/database.ts';
import { findJob, type JobRow } from '../../store/jobs.ts';
import { findRepositoryById } from '../../store/repositories.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import type { JobEnvironment } from '../../workflow/index.ts';
import type { ServerSettings } from '../context.ts';
import { githubOf } from '../engine/contexts.ts';
import { originOf, type StoredFile } from '../engine/run-bundle.ts';

export type OidcClaims = Record<string, string>;

/** Of the `github` context, taken over as they are. */
const FROM_CONTEXT = [
  'actor',
  'actor_id',
  'base_ref',
  'event_name',
  'head_ref',
  'ref',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'repository_visibility',
  'run_attempt',
  'run_id',
  'run_number',
  'sha',
  'workflow',
  'workflow_ref',
  'workflow_sha',
];

/** All claims but those of the token itself (`iss`, `aud`, `sub`, times). @throws Error when rows of the job are gone */
export async function jobClaims(
  db: Queries,
  job: JobRow,
  { publicUrl, enterprise }: Pick<ServerSettings, 'publicUrl' | 'enterprise'>,
): Promise<OidcClaims> {
  const [run, repository] = await Promise.all([findRun(db, job.run_id), findRepositoryById(db, job.repository_id)]);
  if (!run || !repository) throw new Error(`the run ${job.run_id} of a running job is gone`);
  const workflow = await db
    .selectFrom('workflows')
    .select(['name', 'path'])
    .where('id', '=', run.workflow_id)
    .executeTakeFirstOrThrow();
  const github = githubOf({ run, repository, workflow, workflowPath: workflow.path }, publicUrl);
  const environment = (JSON.parse(job.environment) as JobEnvironment | null)?.name;
  const file = await fileOf(db, run, job, originOf(repository, workflow.path, run));
  return {
    ...Object.fromEntries(FROM_CONTEXT.map((name) => [name, String(github[name] ?? '')])),
    ...(environment !== undefined && { environment }),
    enterprise,
    check_run_id: String(job.id),
    ref_protected: String(github.ref_protected),
    job_workflow_ref: `${file.repository}/${file.path}@${file.ref}`,
    job_workflow_sha: file.sha,
    runner_environment: 'self-hosted',
  };
}

/** The file that defines the job: of a called one that of the workflow which its caller calls. */
async function fileOf(db: Queries, run: RunRow, job: JobRow, own: StoredFile['origin']): Promise<StoredFile['origin']> {
  const caller = job.parent_id === null ? undefined : await findJob(db, job.parent_id);
  const files = JSON.parse(run.called_files) as Record<string, StoredFile>;
  return files[caller?.called_file ?? '']?.origin ?? own;
}
