/** The filters of one entry under `on`, each with what it says to an event (SEM-2.3 to 2.10, SEM-3). */
import { Effort } from '../common/effort.ts';
import { compileGlob, type Glob, isIgnored, isIncluded } from './globs.ts';
import type { EventFacts, Trigger } from './model.ts';

/** What can keep an event from starting a workflow: a key under `on`, or one of the rules around it. */
export type EventFilter =
  | 'event'
  | 'deleted'
  | 'skip-instruction'
  | 'types'
  | 'workflows'
  | 'cron'
  | 'branches'
  | 'branches-ignore'
  | 'tags'
  | 'tags-ignore'
  | 'paths'
  | 'paths-ignore';

export interface FilterOptions {
  /** A push that deletes a ref starts workflows as on GitHub; by default it starts none (SEM-2.8). */
  deletedRefs?: boolean;
  /** Path filters look at so many changed files only; GitHub at 300, here by default at all (SEM-3.12). */
  changedFilesLimit?: number;
}

export interface Verdict {
  filter: EventFilter;
  passes: boolean;
  /** Without a full stop. Of a refusal it stands alone, otherwise it goes on after others. */
  sentence: string;
}

/** Verdicts in the order of testing; nobody needs those after the first that does not pass. What is not known is not tested. */
export function* eventFilters(trigger: Trigger, event: EventFacts, options: FilterOptions): Generator<Verdict> {
  const effort = new Effort(MAX_STEPS, () => new TooManySteps());
  const verdicts = [
    () => deletedRef(event, options),
    () => skipInstruction(event),
    () => types(trigger, event),
    () => workflows(trigger, event, effort),
    () => cron(trigger, event),
    () => refs(trigger, event, effort),
    () => paths(trigger, event, options, effort),
  ];
  for (const verdict of verdicts) {
    const given = verdict();
    if (given) yield given;
  }
}

/** Of matching names and files against patterns, for one event and one workflow: some 30 ms. */
const MAX_STEPS = 1_500_000;

class TooManySteps extends Error {}

/** Of finding or compiling one. */
const STEPS_PER_PATTERN = 1000;

const passing = (filter: EventFilter, sentence: string): Verdict => ({ filter, passes: true, sentence });
const refusing = (filter: EventFilter, sentence: string): Verdict => ({ filter, passes: false, sentence });

const MAX_LISTED = 10;

/** A list for people: long ones are cut. */
function listed(texts: string[]): string {
  const more = texts.length - MAX_LISTED;
  return `${texts.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

/** SEM-2.8 */
function deletedRef({ name, ref, deleted }: EventFacts, { deletedRefs = false }: FilterOptions): Verdict | undefined {
  if (name !== 'push' || !deleted || deletedRefs) return undefined;
  return refusing('deleted', `${shortRef(ref)} was deleted`);
}

const SKIP_MARKS = ['[skip ci]', '[ci skip]', '[no ci]', '[skip actions]', '[actions skip]'];

/** SEM-2.6 */
function skipInstruction({ name, commitMessage = '' }: EventFacts): Verdict | undefined {
  if (name !== 'push' && name !== 'pull_request') return undefined;
  const mark = SKIP_MARKS.find((candidate) => commitMessage.includes(candidate)) ?? skipTrailer(commitMessage);
  return mark ? refusing('skip-instruction', `The commit message says ${mark}`) : undefined;
}

/** The message ends with it, in a paragraph of its own or after other trailers. */
function skipTrailer(message: string): string | undefined {
  const lines = message.trimEnd().split(/\r?\n/);
  const last = lines.pop() ?? '';
  return /^skip-checks: ?true$/.test(last) && lines.includes('') ? last : undefined;
}

/** Activity types that start a workflow which names none (SEM-2.3); other events: all. */
const DEFAULT_TYPES: Record<string, string[]> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

function types(trigger: Trigger, { name, activity }: EventFacts): Verdict | undefined {
  const wanted = trigger.types ?? DEFAULT_TYPES[name];
  if (!wanted || activity === undefined) return undefined;
  if (wanted.includes(activity)) return passing('types', `${activity} is in types: ${listed(wanted)}`);
  const origin = trigger.types ? '' : ', which it has by default';
  return refusing('types', `${activity} is not in types: ${listed(wanted)}${origin}`);
}

/** SEM-2.10. Names may be patterns, as GitHub's own files show: `C/C\\+\\+`. */
function workflows(trigger: Trigger, { name, workflowName }: EventFacts, effort: Effort): Verdict | undefined {
  const wanted = trigger.workflows;
  if (name !== 'workflow_run' || !wanted || workflowName === undefined) return undefined;
  const isWanted = wanted.includes(workflowName) || isIncluded(globs(wanted, effort), workflowName, effort);
  return isWanted
    ? passing('workflows', `${workflowName} is in workflows: ${listed(wanted)}`)
    : refusing('workflows', `${workflowName} is not in workflows: ${listed(wanted)}`);
}

/** SEM-4.5 */
function cron(trigger: Trigger, { name, cron: due }: EventFacts): Verdict | undefined {
  if (name !== 'schedule' || due === undefined) return undefined;
  const wanted = (trigger.schedule ?? []).map((entry) => entry.cron);
  return wanted.includes(due)
    ? passing('cron', `its schedule ${due} fell due`)
    : refusing('cron', `None of its schedules (${listed(wanted)}) is ${due}`);
}

/** SEM-3.2, 3.4. Only a push can be of a tag; other events have branch filters alone. */
function refs(trigger: Trigger, { name, ref }: EventFacts, effort: Effort): Verdict | undefined {
  const isTag = name === 'push' && ref.startsWith('refs/tags/');
  const own = isTag ? (['tags', 'tags-ignore'] as const) : (['branches', 'branches-ignore'] as const);
  const others = isTag ? (['branches', 'branches-ignore'] as const) : (['tags', 'tags-ignore'] as const);
  const short = shortRef(ref);
  for (const filter of own) {
    const patterns = trigger[filter];
    if (patterns) return refVerdict(filter, patterns, short, effort);
  }
  const other = others.find((filter) => trigger[filter]);
  if (!other) return undefined;
  return refusing(
    other,
    isTag ? `It filters branches only, and ${short} is a tag` : `It filters tags only, and ${short} is a branch`,
  );
}

function refVerdict(filter: EventFilter, patterns: string[], name: string, effort: Effort): Verdict {
  const ignores = filter.endsWith('-ignore');
  try {
    const found = (ignores ? isIgnored : isIncluded)(globs(patterns, effort), name, effort);
    const sentence = `${name} is ${found ? '' : 'not '}in ${filter}: ${listed(patterns)}`;
    return found === ignores ? refusing(filter, sentence) : passing(filter, sentence);
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    return refusing(filter, `The patterns of its ${filter} take too long to test`);
  }
}

/** SEM-3.3, 3.10, 3.12 */
function paths(
  trigger: Trigger,
  { name, ref, changedFiles }: EventFacts,
  { changedFilesLimit }: FilterOptions,
  effort: Effort,
): Verdict | undefined {
  const filter = (['paths', 'paths-ignore'] as const).find((candidate) => trigger[candidate]);
  const patterns = filter && trigger[filter];
  if (!filter || !patterns || (name === 'push' && ref.startsWith('refs/tags/'))) return undefined;
  if (!changedFiles) return passing(filter, `which files changed is not known, so ${filter} counts as matched`);
  try {
    return pathVerdict(filter, patterns, changedFiles.slice(0, changedFilesLimit), effort);
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    return passing(filter, `the changed files take too long to test, so ${filter} counts as matched`);
  }
}

function pathVerdict(filter: 'paths' | 'paths-ignore', patterns: string[], files: string[], effort: Effort): Verdict {
  const compiled = globs(patterns, effort);
  const ignores = filter === 'paths-ignore';
  const selected = files.find((file) =>
    ignores ? !isIgnored(compiled, file, effort) : isIncluded(compiled, file, effort),
  );
  const list = `${filter}: ${listed(patterns)}`;
  if (selected !== undefined) return passing(filter, `${selected} is ${ignores ? 'not ' : ''}in ${list}`);
  if (files.length === 0) return refusing(filter, `No file was changed, and it has ${list}`);
  const subject = `of the changed files (${listed(files)})`;
  return refusing(filter, ignores ? `All ${subject} are in ${list}` : `None ${subject} is in ${list}`);
}

/** Reading the file has reported invalid patterns; here they match nothing. */
function globs(patterns: string[], effort: Effort): Glob[] {
  return patterns.flatMap((pattern) => {
    effort.spend(STEPS_PER_PATTERN);
    try {
      return [compileGlob(pattern)];
    } catch {
      return [];
    }
  });
}
