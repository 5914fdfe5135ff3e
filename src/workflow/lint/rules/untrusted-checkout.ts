import type { WorkflowStep } from '../../model.ts';
import type { Reference } from '../../references.ts';
import { member } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { type LintFile, placeOf, type WrittenExpression } from '../lint-file.ts';

/** Events that run with the repository's secrets while a stranger's commit is at hand (SEM-2.4, 2.12). */
const PRIVILEGED = ['pull_request_target', 'workflow_run', 'issue_comment'];

export const untrustedCheckout: Rule = {
  id: 'untrusted-checkout',
  severity: 'warning',
  summary: "A workflow that runs with the repository's secrets checks out what a stranger has pushed.",
  hint: 'Build what strangers push under `pull_request`, and let the privileged workflow do only what needs no checkout.',
  check(file) {
    const event = file.workflow.triggers?.find((trigger) => PRIVILEGED.includes(trigger.event))?.event;
    if (event === undefined) return [];
    return file.expressions.flatMap((expression) => ofExpression(file, expression, event));
  },
};

function ofExpression(file: LintFile, { path, job, step, references }: WrittenExpression, event: string): Found[] {
  if (!job || step === undefined || path[4] !== 'with') return [];
  const input = path[5]?.toLowerCase();
  const taken = job.steps[step];
  if (!taken || (input !== 'ref' && input !== 'repository') || !isCheckout(taken)) return [];
  if (input === 'repository' && file.root !== null && references.length > 0 && hasRef(taken)) return [];
  if (!references.some(namesHead)) return [];
  const runsIt = job.steps.slice(step + 1).some(({ run, uses }) => run !== undefined || uses?.startsWith('./'));
  const message = `On ${event} the job ${job.key} has the repository's secrets, and here it checks out a stranger's code`;
  const place = placeOf(member(taken.with, path[5] ?? ''));
  return [{ place, message: runsIt ? `${message}, which later steps may run.` : `${message}.` }];
}

const isCheckout = ({ uses }: WorkflowStep): boolean => /^actions\/checkout@/i.test(uses ?? '');

const hasRef = (step: WorkflowStep): boolean => member(step.with, 'ref') !== null;

const HEADS = [
  /^github\.head_ref$/,
  /^github\.event\.pull_request\.head\./,
  /^github\.event\.pull_request\.(number|merge_commit_sha)$/,
  /^github\.event\.number$/,
  /^github\.event\.issue\.number$/,
  /^github\.event\.workflow_run\.(head_|pull_requests\.)/,
];

function namesHead({ context, members }: Reference): boolean {
  const path = [context, ...members.map((name) => name ?? '*')].join('.').toLowerCase();
  return HEADS.some((head) => head.test(path));
}
