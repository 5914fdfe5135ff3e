/** Walls: whom a runner or a group of runners is kept for (SEM-13.4). */
import { compileGlob, type Glob } from '../globs.ts';
import { type JobRequirement, normalized, same, type Wall, type WorkflowFile } from './facts.ts';

/** What lets a job through a wall. */
export interface Opening {
  kind: 'label' | 'environment' | 'ref' | 'workflow';
  /** The job's own word for it. */
  name: string;
}

/** Whether a wall keeps the job out. One that names nothing at all keeps nobody out. */
export const keepsOut = (wall: Wall | null, requirement: JobRequirement): boolean =>
  wall !== null && !isEmpty(wall) && openingFor(wall, requirement) === undefined;

export const isEmpty = ({ labels, environments, refs, workflows }: Wall): boolean =>
  labels.length + environments.length + refs.length + workflows.length === 0;

/** The first thing that lets the job through; undefined when nothing does. */
export function openingFor(wall: Wall, { labels, environment, ref, workflow, repository }: JobRequirement) {
  const asked = normalized(labels);
  const label = wall.labels.find((exclusive) => asked.has(exclusive.toLowerCase()));
  if (label !== undefined) return opening('label', label);
  if (environment !== null && wall.environments.some((name) => same(name, environment))) {
    return opening('environment', environment);
  }
  const { refs, workflows } = gateOf(wall);
  if (matchesRef(refs, ref)) return opening('ref', ref);
  const own = `${repository.owner}/${repository.name}`;
  const isItsOwn = workflows.some((gate) => matchesWorkflow(gate, workflow, own));
  return isItsOwn ? opening('workflow', workflow.path) : undefined;
}

const opening = (kind: Opening['kind'], name: string): Opening => ({ kind, name });

/** The patterns of a wall, read once: it is asked for every job that becomes ready, and never changed in place. */
interface Gate {
  refs: Glob[];
  workflows: WorkflowGate[];
}

interface WorkflowGate {
  /** Undefined: the job's own. */
  repository: string | undefined;
  path: string | undefined;
  refs: Glob[];
}

const gates = new WeakMap<Wall, Gate>();

function gateOf(wall: Wall): Gate {
  const known = gates.get(wall);
  if (known) return known;
  const gate = { refs: wall.refs.map(compileGlob), workflows: wall.workflows.map(workflowGate) };
  gates.set(wall, gate);
  return gate;
}

/** Owner and name, path, glob on the ref. A path has no `@`, so that none can pretend to be of another ref. */
const WORKFLOW = /^(?:([\w.-]+\/[\w.-]+)\/)?(\.github\/workflows\/[^/@]+\.ya?ml)(?:@(.+))?$/;

function workflowGate(pattern: string): WorkflowGate {
  const [, repository, path, ref = '**'] = WORKFLOW.exec(pattern) ?? [];
  return { repository, path, refs: [compileGlob(ref)] };
}

function matchesWorkflow(gate: WorkflowGate, { repository, path, ref }: WorkflowFile, own: string): boolean {
  return gate.path === path && same(gate.repository ?? own, repository) && matchesRef(gate.refs, ref);
}

/** A list as of `on.push.branches`: the last pattern that matches decides (SEM-3.8). */
function matchesRef(globs: Glob[], ref: string): boolean {
  const short = ref.replace(/^refs\/(?:heads|tags)\//, '');
  let isIn = false;
  for (const { negative, matches } of globs) if (matches(ref) || matches(short)) isIn = !negative;
  return isIn;
}

/**
 * What is wrong in a wall that somebody wrote down, in sentences.
 * @throws UserError for a ref that is no glob
 */
export function wallProblems(wall: Wall): string[] {
  for (const ref of wall.refs) compileGlob(ref);
  const problems: string[] = [];
  if (isEmpty(wall))
    problems.push('A wall needs a label, environment, ref or workflow: without one it lets everybody in.');
  if (wall.refs.length > 0 && wall.refs.every((ref) => ref.startsWith('!'))) {
    problems.push('Refs with "!" alone let nobody in: name first what they are taken from.');
  }
  for (const workflow of wall.workflows) {
    const [found, , , glob] = WORKFLOW.exec(workflow) ?? [];
    if (glob !== undefined) compileGlob(glob);
    if (found === undefined || glob?.startsWith('!')) {
      problems.push(
        `"${workflow}" is no workflow: write .github/workflows/FILE.yml or OWNER/NAME/.github/workflows/FILE.yml[@REF].`,
      );
    }
  }
  return problems;
}

/** What a job must do to get in: `name the label api-prod or deploy to the environment production`. */
export function describeOpenings({ labels, environments, refs, workflows }: Wall): string {
  const ways = [
    way(labels, 'name the label', 'name one of the labels'),
    way(environments, 'deploy to the environment', 'deploy to one of the environments'),
    way(refs, 'run for the ref', 'run for one of the refs'),
    way(workflows, 'belong to the workflow', 'belong to one of the workflows'),
  ];
  return ways.filter((text) => text !== '').join(' or ');
}

function way(names: string[], one: string, many: string): string {
  if (names.length === 0) return '';
  return `${names.length === 1 ? one : many} ${names.join(', ')}`;
}
