/** What the rules know besides one file: the other files and the runners. */
import type { RunnerFacts } from '../routing.ts';
import type { LintFile } from './lint-file.ts';

export interface LintRunner extends RunnerFacts {
  /** A job may not run longer on it; `null` when the list of runners does not say. */
  maxJobMinutes: number | null;
}

export interface LintRepository {
  /** `owner/name`; what walls around runners may ask for. */
  name: string;
  files: LintFile[];
  /** No workflow file of the repository is missing among them. */
  isComplete: boolean;
  /** `null`: nobody said which there are. */
  runners: LintRunner[] | null;
  /** Jobs may also run on runners that GitHub hosts, which no list names. */
  hasHostedRunners: boolean;
}

/** Labels of GitHub's own runners: `ubuntu-latest`, `windows-2025`, `macos-15-xlarge`, `ubuntu-24.04-arm`. */
const HOSTED_LABEL = /^(ubuntu|windows|macos)-(latest|\d+)/i;

/** The job asks for one of GitHub's own runners and for nothing else. */
export const asksForHosted = (labels: string[]): boolean =>
  labels.length > 0 && labels.every((label) => HOSTED_LABEL.test(label));

export const asksForSelfHosted = (labels: string[]): boolean =>
  labels.some((label) => label.toLowerCase() === 'self-hosted');
