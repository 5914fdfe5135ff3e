/** Which events start a workflow (SEM-2, SEM-3). */
import { compileGlob, type Glob, isIgnored, isIncluded } from './globs.ts';
import type { EventFacts, Trigger, Workflow } from './model.ts';

export interface EventMatch {
  triggered: boolean;
  /** Which filter matched or refused, in words. */
  reason: string;
}

/** Activity types that start a workflow which names none (SEM-2.3); other events: all. */
const DEFAULT_TYPES: Record<string, string[]> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

/** Whether the event starts the workflow. Says nothing about errors in the file (SEM-1.10). */
export function matchEvent(workflow: Workflow, event: EventFacts): EventMatch {
  const { triggers } = workflow;
  if (triggers === null) return no('The file is too broken to tell which events start it.');
  const trigger = triggers.find((candidate) => candidate.event === event.name);
  if (!trigger) return no(`It does not run on ${event.name}, only on ${listOf(triggers)}.`);
  if (event.name === 'push' && event.deleted) return no(`${shortRef(event.ref)} was deleted.`);
  const refusal =
    skipInstruction(event) ??
    refusedByType(trigger, event) ??
    refusedByRef(trigger, event) ??
    refusedByPath(trigger, event);
  return refusal ? no(refusal) : { triggered: true, reason: acceptance(trigger, event) };
}

const no = (reason: string): EventMatch => ({ triggered: false, reason });

const listOf = (triggers: Trigger[]): string => triggers.map(({ event }) => event).join(', ') || 'nothing';

const SKIP_MARKS = ['[skip ci]', '[ci skip]', '[no ci]', '[skip actions]', '[actions skip]'];
const SKIP_TRAILER = /\n\n(?:[^\n]+\n)*skip-checks: ?true\s*$/;

/** SEM-2.6 */
function skipInstruction({ name, commitMessage = '' }: EventFacts): string | undefined {
  if (name !== 'push' && name !== 'pull_request') return undefined;
  const mark = SKIP_MARKS.find((candidate) => commitMessage.includes(candidate));
  if (mark) return `The commit message says ${mark}.`;
  return SKIP_TRAILER.test(commitMessage) ? 'The commit message says skip-checks: true.' : undefined;
}

function refusedByType(trigger: Trigger, { name, activity }: EventFacts): string | undefined {
  const types = trigger.types ?? DEFAULT_TYPES[name];
  if (!types || activity === undefined || types.includes(activity)) return undefined;
  return `It runs on the types ${types.join(', ')} of ${name}, not on ${activity}.`;
}

/** SEM-3.2, 3.4 */
function refusedByRef(trigger: Trigger, { ref }: EventFacts): string | undefined {
  const isTag = ref.startsWith('refs/tags/');
  const own = isTag ? (['tags', 'tags-ignore'] as const) : (['branches', 'branches-ignore'] as const);
  const [include, ignore] = [trigger[own[0]], trigger[own[1]]];
  const name = shortRef(ref);
  if (include)
    return isIncluded(globs(include), name) ? undefined : `${name} is not in ${own[0]}: ${include.join(', ')}.`;
  if (ignore) return isIgnored(globs(ignore), name) ? `${name} is in ${own[1]}: ${ignore.join(', ')}.` : undefined;
  const others = isTag ? (['branches', 'branches-ignore'] as const) : (['tags', 'tags-ignore'] as const);
  if (trigger[others[0]] || trigger[others[1]]) {
    return isTag ? `It filters branches only, and ${name} is a tag.` : `It filters tags only, and ${name} is a branch.`;
  }
  return undefined;
}

/** SEM-3.3, 3.10 */
function refusedByPath(trigger: Trigger, { ref, changedFiles }: EventFacts): string | undefined {
  if (ref.startsWith('refs/tags/') || changedFiles === null || changedFiles === undefined) return undefined;
  const { paths, 'paths-ignore': ignored } = trigger;
  if (paths) {
    const compiled = globs(paths);
    return changedFiles.some((file) => isIncluded(compiled, file))
      ? undefined
      : `No changed file is in paths: ${paths.join(', ')}.`;
  }
  if (!ignored) return undefined;
  const compiled = globs(ignored);
  return changedFiles.some((file) => !isIgnored(compiled, file))
    ? undefined
    : `Every changed file is in paths-ignore: ${ignored.join(', ')}.`;
}

function acceptance(trigger: Trigger, event: EventFacts): string {
  const isTag = event.ref.startsWith('refs/tags/');
  const { branches, tags, paths } = trigger;
  const filters = [
    !isTag && branches ? `${shortRef(event.ref)} is in branches: ${branches.join(', ')}` : undefined,
    isTag && tags ? `${shortRef(event.ref)} is in tags: ${tags.join(', ')}` : undefined,
    !isTag && paths ? `a changed file is in paths: ${paths.join(', ')}` : undefined,
  ].filter((filter) => filter !== undefined);
  return filters.length > 0 ? `It runs on ${event.name}, and ${filters.join(', and ')}.` : `It runs on ${event.name}.`;
}

const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

/** Reading the file has reported invalid patterns; here they match nothing. */
function globs(patterns: string[]): Glob[] {
  return patterns.flatMap((pattern) => {
    try {
      return [compileGlob(pattern)];
    } catch {
      return [];
    }
  });
}
