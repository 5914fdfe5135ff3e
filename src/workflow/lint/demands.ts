/** What jobs ask of runners, as far as the files alone tell: nothing is guessed. */
import type { Json, TemplateToken } from '../../protocol/runner/tokens.ts';
import { resolveJob } from '../evaluate-job.ts';
import { expandMatrix } from '../expand-matrix.ts';
import { knownPart } from '../known-part.ts';
import type { JobConfiguration, WorkflowJob } from '../model.ts';
import { type Reference, referencesIn } from '../references.ts';
import type { JobRequirement } from '../routing.ts';
import { isAbsent, literalOf, membersOf } from '../tokens.ts';
import type { SourcePlace } from './finding.ts';
import { type LintFile, placeOf } from './lint-file.ts';
import { perRepository } from './remembered.ts';
import type { LintRepository } from './repository.ts';

/** One configuration of a job; those that ask for the same are one. */
export interface Demand {
  file: LintFile;
  job: WorkflowJob;
  labels: string[];
  group: string | null;
  /** `null`: none, or one that only a run knows. */
  environment: string | null;
  /** As written; `null` when it is not, or only a run knows. */
  timeoutMinutes: number | null;
  /** Of the value of `runs-on`. */
  place: SourcePlace;
  /** Equal for demands of one file that every runner answers alike. */
  signature: string;
}

/** Of every job in the repository whose labels are certain. */
export const demandsOf = perRepository((repository): Demand[] =>
  repository.files.flatMap((file) => file.workflow.jobs.flatMap((job) => ofJob(file, job, repository))),
);

/** The first of those that ask for the same. */
export const distinctDemands = perRepository((repository): Demand[] => {
  const distinct = new Map<string, Demand>();
  for (const demand of demandsOf(repository)) {
    if (!distinct.has(demand.signature)) distinct.set(demand.signature, demand);
  }
  return [...distinct.values()];
});

const byFile = perRepository((repository) => {
  const demands = new Map<LintFile, Demand[]>(repository.files.map((file) => [file, []]));
  for (const demand of demandsOf(repository)) demands.get(demand.file)?.push(demand);
  return demands;
});

export const demandsIn = (file: LintFile, repository: LintRepository): Demand[] => byFile(repository).get(file) ?? [];

/** On which ref it will run is not known, so it comes through no wall that asks for one. */
export function requirementOf({ labels, group, environment, file }: Demand, { name }: LintRepository): JobRequirement {
  const [owner = '', repository = ''] = name.split('/');
  return {
    ...{ labels, group, environment, ref: '' },
    repository: { owner, name: repository },
    workflow: { repository: name, path: file.path, ref: '' },
  };
}

/** Known values of the `inputs` context. */
type Inputs = Map<string, Json>;

function ofJob(file: LintFile, job: WorkflowJob, repository: LintRepository): Demand[] {
  if (isAbsent(job.runsOn)) return [];
  const found = new Map<string, Demand>();
  for (const inputs of inputSets(file, repository)) {
    for (const demand of withInputs(file, job, inputs)) {
      const { labels, group, environment, timeoutMinutes } = demand;
      found.set(JSON.stringify([labels, group, environment, timeoutMinutes]), demand);
    }
  }
  return [...found.values()];
}

function withInputs(file: LintFile, job: WorkflowJob, inputs: Inputs): Demand[] {
  const isKnown = (reference: Reference): boolean => isKnownReference(reference, inputs);
  const { job: certain, unknown } = knownPart(job, isKnown);
  if (unknown.includes('runs-on') || !referencesIn(job.strategy).every(isKnown)) return [];
  // They are nothing to a runner, and an error in one of them must not hide the rest.
  const alone: WorkflowJob = { ...certain, name: null, concurrency: null, continueOnError: null };
  const contexts = { inputs: Object.fromEntries(inputs) };
  const configurations = expandMatrix({ ...file.workflow, jobs: [alone] }, job.key, contexts);
  if (!configurations.ok) return [];
  return configurations.value.flatMap((configuration) => demandOf(file, alone, contexts, configuration));
}

function demandOf(
  file: LintFile,
  job: WorkflowJob,
  contexts: { inputs: Json },
  configuration: JobConfiguration,
): Demand[] {
  const resolved = resolveJob({ ...file.workflow, jobs: [job] }, job.key, contexts, configuration);
  if (!resolved.ok) return [];
  const { labels, group, timeoutMinutes } = resolved.value;
  const environment = resolved.value.environment?.name ?? null;
  const asked = labels.map((label) => label.toLowerCase()).sort();
  return [
    {
      ...{ file, job, labels, group, environment, place: placeOf(job.runsOn) },
      timeoutMinutes: isAbsent(job.timeoutMinutes) ? null : timeoutMinutes,
      signature: JSON.stringify([file.path, group, environment, ...asked]),
    },
  ];
}

function isKnownReference({ context, members: [first] }: Reference, inputs: Inputs): boolean {
  if (context === 'matrix' || context === 'strategy') return true;
  return context === 'inputs' && typeof first === 'string' && inputs.has(first.toLowerCase());
}

/** The literal inputs of every call in the repository; one empty set when nothing calls the file. */
function inputSets(file: LintFile, { files }: LintRepository): Inputs[] {
  const calls = files.flatMap(({ workflow }) => workflow.jobs.flatMap(({ call }) => call ?? []));
  const own = calls.filter(({ reference: { repository, path } }) => repository === null && path === file.path);
  const declared = file.workflow.callable?.inputs ?? [];
  const sets = own.map((call) => {
    const inputs: Inputs = new Map();
    for (const { name, default: token } of declared) setLiteral(inputs, name, token);
    for (const { name, value } of membersOf(call.with)) setLiteral(inputs, name, value);
    return inputs;
  });
  return sets.length > 0 ? sets : [new Map()];
}

/** An input that is given as an expression is not known. */
function setLiteral(inputs: Inputs, name: string, token: TemplateToken): void {
  const value = literalOf(token);
  if (value === undefined) inputs.delete(name.toLowerCase());
  else inputs.set(name.toLowerCase(), value);
}
