/** For tests of rules: what one rule finds in files, in one line each. */
import type { Wall } from '../../routing.ts';
import { lintWorkflows } from '../lint.ts';
import type { LintRunner } from '../repository.ts';

interface Surroundings {
  /** Other files of the repository, by name. */
  beside?: Record<string, string>;
  runners?: LintRunner[] | null;
  hasHostedRunners?: boolean;
  isComplete?: boolean;
}

export const FILE = '.github/workflows/ci.yml';

/** `line:column severity message` */
export function foundBy(rule: string, text: string, surroundings: Surroundings = {}): string[] {
  return findingsOf(rule, text, surroundings).map(({ line, column, severity, message }) => {
    return `${line}:${column} ${severity} ${message}`;
  });
}

export function findingsOf(rule: string, text: string, surroundings: Surroundings = {}) {
  const { beside = {}, runners = null, hasHostedRunners = true, isComplete = true } = surroundings;
  const others = Object.entries(beside).map(([name, other]) => ({ path: `.github/workflows/${name}`, text: other }));
  const files = [{ path: FILE, text }, ...others];
  const known = { runners, hasHostedRunners, isComplete, repository: 'me/app', enabled: [rule] };
  return lintWorkflows({ files, only: FILE, ...known }).findings.filter((finding) => finding.rule === rule);
}

/** A workflow on push with one job: its keys, one a line, without indentation. */
export const job = (...keys: string[]): string =>
  `on: push\njobs:\n  build:\n${keys.map((key) => `    ${key}\n`).join('')}`;

/** A job with one step, on a runner that GitHub hosts. */
export const step = (...keys: string[]): string =>
  job('runs-on: ubuntu-latest', 'steps:', ...keys.map((key, index) => `  ${index === 0 ? '-' : ' '} ${key}`));

let nextId = 1;

/** An idle runner of the repository with self-hosted, Linux and these labels. */
export const runner = (name: string, labels: string[], over: Partial<LintRunner> = {}): LintRunner => ({
  ...{ id: nextId++, name, labels: ['self-hosted', 'Linux', ...labels], group: 'Default' },
  ...{ scope: { kind: 'enterprise', name: '' }, online: true, busy: false, maxJobMinutes: null },
  ...{ wall: null, groupWall: null },
  ...over,
});

export const wall = (labels: string[]): Wall => ({ labels, environments: [], refs: [], workflows: [] });
