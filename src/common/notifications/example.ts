import type { Rule } from './config.ts';
import type { Notice, NoticeKind } from './notice.ts';

const TITLES: Record<NoticeKind, string> = {
  deployments: 'example/app is deployed to production',
  failures: 'CI failed on main of example/app',
  recoveries: 'CI works again on main of example/app',
  troubles: 'default/example: runners do not start',
  schedules: 'default/example: the schedule is now min=0',
};

/** A notice as the rule would let through, to try it with. */
export function exampleFor(rule: Rule): Notice {
  const [kind = 'failures'] = rule.tell;
  const first = (patterns: string[] | undefined, fallback: string): string =>
    patterns?.[0]?.replaceAll('*', 'example') ?? fallback;
  const isOfFleet = kind === 'troubles' || kind === 'schedules';
  return {
    kind,
    subject: 'example',
    state: first(rule.conclusions, kind === 'failures' ? 'failure' : 'success'),
    title: TITLES[kind],
    text: 'Nothing has happened: this is how it looks.',
    isGood: kind !== 'failures' && kind !== 'troubles',
    ...(isOfFleet
      ? { pool: first(rule.pools, 'default/example') }
      : {
          repository: first(rule.repositories, 'example/app'),
          workflow: first(rule.workflows, 'CI'),
          branch: first(rule.branches, 'main'),
          conclusion: first(rule.conclusions, kind === 'failures' ? 'failure' : 'success'),
        }),
    ...(kind === 'deployments' && { environment: first(rule.environments, 'production') }),
  };
}
