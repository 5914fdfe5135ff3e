import type { Rule } from '../finding.ts';
import { ambiguousRunner } from './ambiguous-runner.ts';
import { deprecatedCommand } from './deprecated-command.ts';
import { environmentRunner } from './environment-runner.ts';
import { filterNeverMatches } from './filter-never-matches.ts';
import { jobLimit } from './job-limit.ts';
import { needsContext } from './needs-context.ts';
import { needsOutput } from './needs-output.ts';
import { noTimeout } from './no-timeout.ts';
import { readingRules } from './reading.ts';
import { scriptInjection } from './script-injection.ts';
import { unknownInput } from './unknown-input.ts';
import { unknownMatrix } from './unknown-matrix.ts';
import { unknownRule } from './unknown-rule.ts';
import { unknownShell } from './unknown-shell.ts';
import { unknownStep } from './unknown-step.ts';
import { unknownWorkflow } from './unknown-workflow.ts';
import { unpinnedAction } from './unpinned-action.ts';
import { unreachableLabels } from './unreachable-labels.ts';
import { untrustedCheckout } from './untrusted-checkout.ts';

/** Every rule. A new one is a file beside this, named here and in docs/lint.md. */
export const RULES: Rule[] = [
  ...readingRules,
  needsContext,
  needsOutput,
  unknownStep,
  unknownInput,
  unknownMatrix,
  unknownShell,
  unknownWorkflow,
  filterNeverMatches,
  ambiguousRunner,
  environmentRunner,
  unreachableLabels,
  jobLimit,
  scriptInjection,
  untrustedCheckout,
  deprecatedCommand,
  unpinnedAction,
  noTimeout,
  unknownRule(() => RULES),
];
