import { booleanSetting } from '../../../common/settings.ts';
import type { StepReference } from '../../../protocol/runner/job-message.ts';

/** `actions/checkout`, which the runner answers itself unless a setting says otherwise. */
export const isBuiltIn = (reference: StepReference): boolean =>
  reference.type === 'repository' &&
  reference.repositoryType === 'GitHub' &&
  reference.name.toLowerCase() === 'actions/checkout' &&
  !reference.path &&
  booleanSetting('builtInCheckout');
