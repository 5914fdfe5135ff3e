import { member } from '../../tokens.ts';
import type { Rule } from '../finding.ts';
import { type LintFile, placeOf, stepTokens } from '../lint-file.ts';

const COMMIT = /@[0-9a-f]{40}$/i;
/** GitHub's own. */
const FIRST_PARTY = /^(actions|github)\//i;

export const unpinnedAction: Rule = {
  id: 'unpinned-action',
  severity: 'notice',
  optional: true,
  summary: "Somebody else's action or workflow is named by a tag or branch, which can be moved to other code.",
  hint: 'Name it by the full SHA of a commit, and write the version behind it as a comment.',
  check: (file) =>
    usesOf(file)
      .filter(({ uses }) => /^[^./$][^:]*@/.test(uses) && !FIRST_PARTY.test(uses) && !COMMIT.test(uses))
      .map(({ uses, place }) => ({ place, message: `${uses} is not pinned to a commit.` })),
};

function usesOf({ workflow, root }: LintFile) {
  const jobs = member(root, 'jobs');
  return workflow.jobs.flatMap((job) => {
    const items = stepTokens(root, job);
    const ofSteps = job.steps.flatMap(({ uses }, index) =>
      uses === undefined ? [] : [{ uses, place: placeOf(member(items[index]?.token ?? null, 'uses')) }],
    );
    const { call } = job;
    return call ? [{ uses: call.uses, place: placeOf(member(member(jobs, job.key), 'uses')) }, ...ofSteps] : ofSteps;
  });
}
