/** What reading and linking report, sorted into rules by its words, so that each kind of mistake can be silenced. */
import type { SourceError } from '../../../protocol/dashboard/index.ts';
import type { Found, Rule } from '../finding.ts';
import { linkedProblems } from '../linked-problems.ts';
import type { LintFile } from '../lint-file.ts';
import type { LintRepository } from '../repository.ts';

/** Texts of `call-checks.ts`, `calls.ts` and `reader/call.ts`. */
const CALL =
  /reusable workflow|workflow_call|called workflow|calling workflow|while calling|referenced workflow|workflows call each other|workflow reference|all referenced files|maximum file count/i;

type Kind = Pick<Rule, 'id' | 'severity' | 'summary' | 'hint'> & { words: RegExp };

/** The first whose words fit; `syntax` takes the rest. */
const ERRORS: Kind[] = [
  {
    id: 'needs',
    severity: 'error',
    summary: 'A job needs one that does not exist, itself, or others in a circle.',
    hint: 'Name the key of another job under `jobs`, in the direction in which the jobs follow each other.',
    words: /^Job '.*' depends on |at least one job with no dependencies/,
  },
  {
    id: 'glob',
    severity: 'error',
    summary: 'A filter under `branches`, `tags` or `paths` is no valid pattern.',
    hint: "The dialect is GitHub's own: `?` and `+` repeat what stands before them, and `.` is a dot.",
    words: /^The pattern '|you may only define one of \w+ and \w+-ignore/,
  },
  {
    id: 'cron',
    severity: 'error',
    summary: 'A `cron` under `schedule` cannot be understood.',
    hint: 'Five fields: minute, hour, day of the month, month, day of the week. For example: 30 5 * * 1-5',
    words: /\bcron\b|time ?zone/i,
  },
  {
    id: 'call',
    severity: 'error',
    summary: 'A job cannot call a reusable workflow as it is written.',
    hint: 'Compare the call with what the called file declares under `on.workflow_call`.',
    words: CALL,
  },
  {
    id: 'expression',
    severity: 'error',
    summary: 'An expression cannot be parsed, or uses a context or function that does not exist at its place.',
    hint: 'Which contexts a place offers: https://docs.github.com/actions/reference/workflows-and-actions/contexts',
    words:
      /Located at position|Unrecognized (named-value|function)|expression|^Too (few|many) parameters|closing \}\}|Unexpected symbol/i,
  },
  {
    id: 'syntax',
    severity: 'error',
    summary: 'The file is no valid workflow: broken YAML, an unknown key, or a value of the wrong kind.',
    hint: 'The syntax: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax',
    words: /(?:)/,
  },
];

const WARNINGS: Kind[] = [
  {
    id: 'always-true',
    severity: 'warning',
    summary: 'An `if` mixes text with `${{ }}`, which makes it a text, and a text is true.',
    hint: "For example: if: ${{ github.ref_type == 'tag' && inputs.deploy }}",
    words: /mixes text with/,
  },
  {
    id: 'concurrency-deadlock',
    severity: 'error',
    summary: 'A job or a called workflow waits for a concurrency group that its own run holds.',
    hint: 'Give the inner one a group of its own, for example with a word in front: called-${{ github.workflow }}.',
    words: /uses the concurrency group of its own/,
  },
  {
    id: 'schedule',
    severity: 'warning',
    summary: 'A `schedule` falls due more often than workflows are started, or never.',
    hint: 'Nothing is started more often than every 5 minutes: */5 in the first field is the most.',
    words: /^The schedule /,
  },
  {
    id: 'no-effect',
    severity: 'notice',
    summary: 'A key or event is accepted, and Switchyard does not act on it.',
    hint: 'What works is listed in the page on workflow support.',
    words: /(?:)/,
  },
];

function found(problems: SourceError[], kinds: Kind[], kind: Kind): Found[] {
  return problems
    .filter(({ message }) => kinds.find(({ words }) => words.test(message)) === kind)
    .map(({ line, column, message }) => ({ place: { line: line ?? 1, column: column ?? 1 }, message }));
}

type ProblemsOf = (file: LintFile, repository: LintRepository) => SourceError[];

const rulesOf = (kinds: Kind[], problemsOf: ProblemsOf): Rule[] =>
  kinds.map((kind) => {
    const { words: _, ...rule } = kind;
    return { ...rule, check: (file, repository) => found(problemsOf(file, repository), kinds, kind) };
  });

const inFile = (problems: SourceError[], { path }: LintFile): SourceError[] =>
  problems.filter(({ file }) => file === path);

/** The rules behind every error and warning that reading and linking give. */
export const readingRules: Rule[] = [
  ...rulesOf(ERRORS, (file, repository) => [
    ...file.workflow.errors,
    ...inFile(linkedProblems(repository).errors, file),
  ]),
  ...rulesOf(WARNINGS, (file, repository) => [
    ...file.workflow.warnings,
    ...inFile(linkedProblems(repository).warnings, file),
  ]),
];
