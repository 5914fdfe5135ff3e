/** `switchyard plan`: files and an event in, plans out. What they say is decided by `workflow/plan`. */
import { basename } from 'node:path';
import { z } from 'zod';
import { readWorkflow, type Workflow } from '../../workflow/index.ts';
import { type EventRequest, type NeedResult, type Plan, planWorkflow } from '../../workflow/plan/index.ts';
import { UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { readInput } from '../files/json-file.ts';
import { findWorkflowFiles, shownPath, type WorkflowFiles } from '../files/workflow-files.ts';
import { planText } from '../report/plan-text.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

export interface PlanCall {
  files: string[];
  event: EventRequest;
  inputs: Record<string, string>;
  vars: Record<string, string>;
  /** As read: not checked yet. */
  results: Record<string, unknown>;
  json: boolean;
}

/** A file to be planned, with those that it may call. */
interface Planned {
  workflow: Workflow;
  files: Map<string, Workflow>;
  found: WorkflowFiles;
}

/** Resolves to the exit code. @throws UsageError */
export async function planFiles(call: PlanCall, terminal: Terminal): Promise<number> {
  const results = checkedResults(call.results);
  const read = await Promise.all(call.files.map(readPlanned));
  const repository = repositoryOf(call.event.payload, read[0]?.found.root);
  const plans = read.map(({ workflow, files, found }) => {
    const { event, inputs, vars } = call;
    const isComplete = found.root !== undefined;
    const beside = new Map([...besideFiles(workflow, files, read), ...files]);
    const plan = planWorkflow({ workflow, files: beside, isComplete, event, repository, inputs, vars, results });
    return withShownPaths(plan, found.root);
  });
  refuseUnknownResults(results, plans);
  if (call.json) printLine(terminal.out, JSON.stringify({ version: 1, plans }));
  else for (const line of planText(plans, terminal.colors)) printLine(terminal.out, line);
  return plans.some(({ errors }) => errors.length > 0) ? EXIT.failed : EXIT.done;
}

async function readPlanned(file: string): Promise<Planned> {
  const found = file === '-' ? await fromInput() : await findWorkflowFiles(file);
  if (found.only === undefined) throw new UsageError(`${file} is a folder; name the workflow files in it.`);
  const files = new Map(found.files.map(({ path, text }) => [path, readWorkflow({ path, text })]));
  const workflow = files.get(found.only);
  if (!workflow) throw new Error(`${found.only} was found and not read`);
  return { workflow, files, found };
}

/** Calls from standard input lead to the files of the repository around the current folder. */
async function fromInput(): Promise<WorkflowFiles> {
  const own = { path: '<stdin>', text: await readInput('-', 'workflow') };
  const around = await findWorkflowFiles('.').catch((error: unknown) => {
    if (error instanceof UsageError) return { root: undefined, files: [] };
    throw error;
  });
  return { root: around.root, files: [...around.files, own], only: own.path };
}

/** Files that were named too stand for those of the same name where a call finds none. */
function besideFiles(workflow: Workflow, files: Map<string, Workflow>, read: Planned[]): [string, Workflow][] {
  const called = workflow.jobs.flatMap(({ call }) => (call && call.reference.repository === null ? [call] : []));
  return called.flatMap(({ reference: { path } }): [string, Workflow][] => {
    const given = read.find((other) => basename(other.workflow.path) === basename(path));
    return given && !files.has(path) ? [[path, { ...given.workflow, path }]] : [];
  });
}

const Result = z.strictObject({
  result: z.enum(['success', 'failure', 'cancelled', 'skipped']).default('success'),
  outputs: z.record(z.string(), z.coerce.string()).default({}),
});

function checkedResults(given: Record<string, unknown>): Record<string, NeedResult> {
  const checked = Object.entries(given).map(([job, value]): [string, NeedResult] => {
    const result = Result.safeParse(value);
    if (result.success) return [job, result.data];
    const form = '{"result": "success", "outputs": {"name": "value"}}';
    throw new UsageError(`The result of the job ${job} is not of the form ${form}; result is one of ${WORDS}.`);
  });
  return Object.fromEntries(checked);
}

const WORDS = 'success, failure, cancelled, skipped';

/** A slip in the key of a job would pass for a job that has not run. */
function refuseUnknownResults(results: Record<string, NeedResult>, plans: Plan[]): void {
  const known = new Set(plans.flatMap(({ jobs }) => jobs.map(({ path }) => path.toLowerCase())));
  const unknown = Object.keys(results).find((job) => !known.has(job.toLowerCase()));
  if (unknown === undefined || known.size === 0) return;
  const there = [...known].slice(0, 20).join(', ');
  throw new UsageError(`There is a result for ${unknown}, but no such job; there are ${there}.`);
}

/** `owner/name` of the payload; a name made from the folder where it says none. */
function repositoryOf({ repository }: EventRequest['payload'], root: string | undefined): string {
  const name = typeof repository === 'object' && repository !== null && 'full_name' in repository;
  const full = name ? repository.full_name : undefined;
  if (typeof full === 'string' && /^[^/]+\/[^/]+$/.test(full)) return full;
  return `local/${basename(root ?? process.cwd()) || 'repository'}`;
}

function withShownPaths(plan: Plan, root: string | undefined): Plan {
  const shown = <T extends { file: string }>(part: T): T => ({
    ...part,
    file: part.file === '<stdin>' ? part.file : shownPath(root, part.file),
  });
  return {
    ...shown(plan),
    errors: plan.errors.map(shown),
    warnings: plan.warnings.map(shown),
    jobs: plan.jobs.map((job) => ({ ...shown(job), errors: job.errors.map(shown) })),
  };
}
