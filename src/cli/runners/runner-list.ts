/** Self-hosted runners from what GitHub's REST answers, for the rules of lint. */
import { z } from 'zod';
import { Runner } from '../../protocol/github/runners.ts';
import type { LintRunner } from '../../workflow/lint/index.ts';
import { UsageError } from '../command.ts';

const Names = z.array(z.string()).default([]);
const Wall = z.looseObject({ labels: Names, environments: Names, refs: Names, workflows: Names }).nullish();

/** GitHub's own fields, fewer of them needed, and what only Switchyard knows of a runner. */
const ListedRunner = Runner.partial({ id: true, os: true, busy: true, status: true }).extend({
  runner_group_name: z.string().nullish(),
  /** A job may not run longer on it. */
  max_job_minutes: z.number().positive().nullish(),
  wall: Wall,
  group_wall: Wall,
});
type ListedRunner = z.infer<typeof ListedRunner>;

const Listed = z.union([z.looseObject({ runners: z.array(ListedRunner) }), z.array(ListedRunner), ListedRunner]);

/**
 * The runners of a file: an answer of GitHub, a list, several of either one after another (`gh api --paginate`), or
 * their list (`--slurp`).
 * @param name of the file, for errors
 * @throws UsageError
 */
export function parseRunnerList(text: string, name: string): LintRunner[] {
  const values = jsonValues(text, name).flatMap((value) => (isListOfPages(value) ? value : [value]));
  return toLintRunners(values.flatMap((value) => listedIn(value, name)));
}

/** @param groups names by id */
export function toLintRunners(runners: unknown[], groups: ReadonlyMap<number, string> = new Map()): LintRunner[] {
  return runners.map((runner) => toLintRunner(ListedRunner.parse(runner), groups));
}

function toLintRunner(runner: ListedRunner, groups: ReadonlyMap<number, string>): LintRunner {
  return {
    id: runner.id ?? 0,
    name: runner.name,
    labels: runner.labels.map((label) => label.name),
    group: runner.runner_group_name ?? groups.get(runner.runner_group_id ?? 0) ?? '',
    // The list holds only runners that serve the repository.
    scope: { kind: 'enterprise', name: '' },
    online: runner.status !== 'offline',
    busy: runner.busy ?? false,
    wall: runner.wall ?? null,
    groupWall: runner.group_wall ?? null,
    maxJobMinutes: runner.max_job_minutes ?? null,
  };
}

const isListOfPages = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.every((page) => Array.isArray(page) || (isObject(page) && 'runners' in page));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function listedIn(value: unknown, name: string): ListedRunner[] {
  const listed = Listed.safeParse(value);
  if (!listed.success) {
    const problem = z.treeifyError(listed.error).errors[0] ?? 'a runner has a name and a list of labels';
    throw new UsageError(`The list of runners ${name} has not the form of GitHub's list: ${problem}.`);
  }
  if (Array.isArray(listed.data)) return listed.data;
  return isPage(listed.data) ? listed.data.runners : [listed.data];
}

const isPage = (value: { runners: ListedRunner[] } | ListedRunner): value is { runners: ListedRunner[] } =>
  Array.isArray(value.runners);

/** The JSON values of a text, which may hold several one after another. */
function jsonValues(text: string, name: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return splitJson(text).map((part) => {
      try {
        return JSON.parse(part) as unknown;
      } catch {
        throw new UsageError(`The list of runners ${name} is not JSON.`);
      }
    });
  }
}

/** Cuts after every bracket that closes the outermost one. */
function splitJson(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth++;
    if (token !== ']' && token !== '}') continue;
    depth--;
    if (depth > 0) continue;
    parts.push(text.slice(start, index + 1));
    start = index + 1;
  }
  const rest = text.slice(start).trim();
  return rest === '' ? parts : [...parts, rest];
}
