/** What a stranger can write into an event, as GitHub's "Script injections" page and its Security Lab list it. */
import type { Reference } from '../../references.ts';

/** `*` stands for any one member, also a number. */
const UNTRUSTED = [
  'github.head_ref',
  'github.event.issue.title',
  'github.event.issue.body',
  'github.event.pull_request.title',
  'github.event.pull_request.body',
  'github.event.pull_request.head.ref',
  'github.event.pull_request.head.label',
  'github.event.pull_request.head.repo.default_branch',
  'github.event.pull_request.head.repo.description',
  'github.event.pull_request.head.repo.homepage',
  'github.event.comment.body',
  'github.event.review.body',
  'github.event.review_comment.body',
  'github.event.discussion.title',
  'github.event.discussion.body',
  'github.event.pages.*.page_name',
  'github.event.head_commit.message',
  'github.event.head_commit.author.name',
  'github.event.head_commit.author.email',
  'github.event.head_commit.committer.name',
  'github.event.head_commit.committer.email',
  'github.event.commits.*.message',
  'github.event.commits.*.author.name',
  'github.event.commits.*.author.email',
  'github.event.commits.*.committer.name',
  'github.event.commits.*.committer.email',
  'github.event.workflow_run.head_branch',
  'github.event.workflow_run.display_title',
  'github.event.workflow_run.head_commit.message',
  'github.event.workflow_run.head_commit.author.name',
  'github.event.workflow_run.head_commit.author.email',
  'github.event.workflow_run.head_repository.description',
  'github.event.workflow_run.pull_requests.*.head.ref',
  'github.event.changes.title.from',
  'github.event.changes.body.from',
  'github.event.changes.head.ref.from',
].map((path) => path.split('.'));

/** A stranger's words can become part of the expression's text. */
export function bringsUntrusted({ context, members, flows, asJson }: Reference): boolean {
  if (!flows) return false;
  const path = [context, ...members];
  return UNTRUSTED.some((untrusted) => {
    // An object prints as the word "Object", unless it is made JSON.
    const isWhole = path.length === untrusted.length || (asJson && path.length < untrusted.length);
    return isWhole && path.every((member, index) => fits(member, untrusted[index]));
  });
}

function fits(member: string | null, wanted: string | undefined): boolean {
  return member === null || member === '*' || wanted === '*' || member.toLowerCase() === wanted;
}

/** `github.event.issue.title`, as a person writes it. */
export function textOf({ context, members }: Pick<Reference, 'context' | 'members'>): string {
  return context + members.map((member) => (member === null ? '[…]' : `.${member}`)).join('');
}
