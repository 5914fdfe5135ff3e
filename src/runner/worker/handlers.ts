import { booleanSetting } from '../../common/settings.ts';
import type { JobMessage, JobStep, StepReference } from '../../protocol/runner/job-message.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { checkoutHandler } from './checkout.ts';
import { runHandler } from './run-handler.ts';
import type { HandlerFactory, StepHandler } from './step-context.ts';

/** The handler of a step; undefined when this runner cannot run it. */
export function handlerOf(step: JobStep): StepHandler | undefined {
  return factoryOf(step.reference)?.(step);
}

function factoryOf(reference: StepReference): HandlerFactory | undefined {
  if (reference.type === 'script') return runHandler;
  return isCheckout(reference) && booleanSetting('builtInCheckout') ? checkoutHandler : undefined;
}

export const isCheckout = (reference: StepReference): boolean =>
  reference.type === 'repository' &&
  reference.repositoryType === 'GitHub' &&
  reference.name.toLowerCase() === 'actions/checkout' &&
  !reference.path;

/** As `uses:` spells it. */
export function usesText(reference: StepReference): string {
  if (reference.type === 'script') return 'run';
  if (reference.type === 'containerRegistry') return `docker://${reference.image}`;
  if (reference.repositoryType === 'self')
    return reference.path.startsWith('./') ? reference.path : `./${reference.path}`;
  return `${reference.name}${reference.path ? `/${reference.path}` : ''}@${reference.ref}`;
}

/** Sentences about what the job needs and this runner does not have; they fail it in "Set up job". */
export function unsupportedFeatures(message: JobMessage): string[] {
  const problems: string[] = [];
  const actions = message.steps
    .filter((step) => !factoryOf(step.reference))
    .map(({ reference }) => usesText(reference));
  if (actions.length > 0) {
    problems.push(
      `This runner cannot run the actions of this job yet: ${[...new Set(actions)].join(', ')}. Actions other than actions/checkout come in a later version; use run steps until then.`,
    );
  }
  if (isPresent(message.jobContainer)) {
    problems.push(
      'This runner cannot run jobs in a container yet; that comes in a later version. Remove `container:`.',
    );
  }
  if (isPresent(message.jobServiceContainers)) {
    problems.push('This runner cannot run service containers yet; that comes in a later version. Remove `services:`.');
  }
  return problems;
}

function isPresent(token: TemplateToken | undefined): boolean {
  if (token === null || token === undefined || token === '') return false;
  if (typeof token !== 'object') return true;
  if (token.type === 2) return (token.map ?? []).length > 0;
  return token.type !== 7;
}
