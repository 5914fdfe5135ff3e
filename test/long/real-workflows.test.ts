/**
 * Workflow files of other people: a folder of checkouts, named by SWITCHYARD_REAL_WORKFLOWS, is searched for repositories
 * with `.github/workflows`. Every file must be read, matched, planned and linted as GitHub would run it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/protocol/runner/tokens.ts';
import {
  readQuickly,
  readWorkflow,
  type Trigger,
  type Workflow,
  type WorkflowSource,
} from '../../src/workflow/index.ts';
import { lintWorkflows } from '../../src/workflow/lint/index.ts';
import { type Plan, planWorkflow } from '../../src/workflow/plan/index.ts';
import { requirement } from '../support/require.ts';

const FOLDER = '.github/workflows';

interface Repository {
  name: string;
  sources: WorkflowSource[];
  files: Map<string, Workflow>;
}

const folder = requirement('real-workflows', () => {
  const named = process.env.SWITCHYARD_REAL_WORKFLOWS;
  return named && existsSync(named) ? named : undefined;
});
const repositories = folder === undefined ? [] : findRepositories(folder);

describe.skipIf(!folder)('workflow files of public repositories', () => {
  it('are at least thirty', () => {
    expect(repositories.flatMap(({ sources }) => sources).length).toBeGreaterThanOrEqual(30);
  });

  describe.each(repositories)('$name', ({ name, sources, files }) => {
    it.each(sources)('SEM-1: $path is accepted', ({ path, text }) => {
      const workflow = readWorkflow({ path, text });
      expect(messagesOf(workflow)).toEqual([]);
      const quick = readQuickly({ path, text });
      if (quick) expect(quick).toEqual(workflow);
    });

    it('SEM-2, 3: is planned for every event that it names', () => {
      for (const workflow of files.values()) {
        for (const trigger of workflow.triggers ?? []) {
          const plan = planFor(name, workflow, trigger, files);
          expect(plan.reason).not.toBe('');
          if (workflow.errors.length === 0 && plan.triggered && plan.errors.length === 0) {
            expect(plan.runName).not.toBeNull();
            expect(plan.jobs.length).toBeGreaterThanOrEqual(workflow.jobs.length);
          }
        }
      }
    });

    it('is linted, and what reading found is among the findings', () => {
      const report = lintWorkflows({
        ...{ files: sources, repository: name, isComplete: true },
        ...{ runners: null, hasHostedRunners: true },
      });
      const broken = new Set([...files.values()].filter(({ errors }) => errors.length > 0).map(({ path }) => path));
      const syntax = report.findings.filter(({ rule }) => rule === 'syntax').map(({ file }) => file);
      expect(new Set(syntax)).toEqual(broken);
    });
  });
});

function messagesOf({ errors }: Workflow): string[] {
  return errors.map(({ line, message }) => `${line}: ${message}`);
}

function findRepositories(root: string): Repository[] {
  const found: Repository[] = [];
  const pending = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const workflows = join(next, FOLDER);
    if (existsSync(workflows)) found.push(repositoryAt(root, next, workflows));
    else for (const name of readdirSync(next)) if (isFolder(join(next, name))) pending.push(join(next, name));
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function repositoryAt(root: string, path: string, workflows: string): Repository {
  const names = readdirSync(workflows).filter((name) => /\.ya?ml$/.test(name));
  const sources = names.map((name) => ({
    path: `${FOLDER}/${name}`,
    text: readFileSync(join(workflows, name), 'utf8'),
  }));
  const files = new Map(sources.map((source) => [source.path, readWorkflow(source)]));
  return { name: relative(root, path) || 'own/own', sources, files };
}

/** The event with a payload that has what most expressions look at. */
function planFor(repository: string, workflow: Workflow, trigger: Trigger, files: ReadonlyMap<string, Workflow>): Plan {
  const inputs = Object.fromEntries(
    (trigger.inputs ?? []).map(({ name, type, options, default: given }) => {
      const samples = { choice: options[0] ?? '', boolean: 'true', number: '1', string: 'text', environment: 'test' };
      return [name, given === null ? samples[type] : String(given)];
    }),
  );
  const payload: Record<string, Json> = {
    ...{ ref: 'refs/heads/main', action: trigger.types?.[0] ?? 'opened', inputs },
    repository: { full_name: repository, default_branch: 'main' },
    sender: { login: 'octocat' },
    head_commit: { id: 'a'.repeat(40), message: 'Change' },
    pull_request: { number: 1, title: 'Change', labels: [], base: { ref: 'main' }, head: { ref: 'change' } },
    workflow_run: { name: trigger.workflows?.[0] ?? 'CI', head_branch: 'main', conclusion: 'success' },
    schedule: trigger.schedule?.[0]?.cron ?? null,
  };
  const event = { name: trigger.event, payload };
  return planWorkflow({ workflow, files, isComplete: true, event, repository, inputs, vars: {}, results: {} });
}
