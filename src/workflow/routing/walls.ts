/** Walls: whom a runner or a group of runners is kept for (SEM-13.4). */
import { compileGlob, type Glob, isIncluded } from '../globs.ts';
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
  if (matchesRef(wall.refs, ref)) return opening('ref', ref);
  const own = `${repository.owner}/${repository.name}`;
  if (wall.workflows.some((pattern) => matchesWorkflow(pattern, workflow, own)))
    return opening('workflow', workflow.path);
  return undefined;
}

const opening = (kind: Opening['kind'], name: string): Opening => ({ kind, name });

/** A list as of `on.push.branches`: the last pattern that matches decides (SEM-3.8). */
function matchesRef(patterns: string[], ref: string): boolean {
  if (patterns.length === 0) return false;
  const names = [ref, ref.replace(/^refs\/(?:heads|tags)\//, '')];
  const onEither = (glob: Glob): Glob => ({ ...glob, matches: () => names.some((name) => glob.matches(name)) });
  return isIncluded(
    patterns.map((pattern) => onEither(compileGlob(pattern))),
    ref,
  );
}

/** Owner and name, path, glob on the ref. A path has no `@`, so that none can pretend to be of another ref. */
const WORKFLOW = /^(?:([\w.-]+\/[\w.-]+)\/)?(\.github\/workflows\/[^/@]+\.ya?ml)(?:@(.+))?$/;

function matchesWorkflow(pattern: string, { repository, path, ref }: WorkflowFile, own: string): boolean {
  const [, wanted = own, file, glob = '**'] = WORKFLOW.exec(pattern) ?? [];
  return file === path && same(wanted, repository) && matchesRef([glob], ref);
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
