/** Workflow text to `Workflow`: the tree from GitHub's reader, then what its schema cannot say. */
import type { Workflow, WorkflowSource } from '../model.ts';
import { jobsInOwnGroup } from '../shared-groups.ts';
import { isAbsent, isObjectToken, literalText, member } from '../tokens.ts';
import { readCallable } from './callable.ts';
import { checkValues } from './checks.ts';
import { readJobs } from './jobs.ts';
import { FILE_LIMITS } from './limits.ts';
import { warnOfNoEffect } from './no-effect.ts';
import { readPermissions } from './permissions.ts';
import { Problems } from './problems.ts';
import { readTemplateTree } from './read-template.ts';
import { readTriggers } from './triggers.ts';

/** SEM-1.9 */
const MAX_FILE_BYTES = 1024 * 1024;
const EMPTY = 'The file is empty.';
/** Warnings stop nothing, so they may be more than errors. */
const MAX_WARNINGS = 100;

const OWN_GROUP =
  'The job uses the concurrency group of its own workflow: it cancels its own run, or waits for it for ever.';

/**
 * Never throws for a user's mistake: those are in `Workflow.errors`, and the rest is as far as it could be read.
 * @throws LimitExceeded when the limits ask for it
 */
export function readWorkflow({ path, text }: WorkflowSource, limits = FILE_LIMITS): Workflow {
  const errors = new Problems(path);
  const warnings = new Problems(path, MAX_WARNINGS);
  const broken = brokenWorkflow(path, errors, warnings);
  if (text.trim() === '') {
    errors.add(EMPTY, null);
    return broken;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FILE_BYTES) {
    errors.add(`The file is ${bytes} bytes long; a workflow file may have at most ${MAX_FILE_BYTES}.`, null);
    return broken;
  }
  const tree = readTemplateTree(path, text, errors, limits);
  if (!tree) {
    // Comments only.
    if (errors.list.length === 0) errors.add(EMPTY, null);
    return broken;
  }
  const further = tree.sound ? errors : new Problems(path);
  const part = (name: string) => member(tree.root, name);
  if (errors.list.length === 0) checkValues(tree.root, errors);
  warnOfNoEffect(tree.root, warnings);
  const workflow: Workflow = {
    ...broken,
    name: literalText(part('name')) || path,
    triggers: isAbsent(part('on')) ? null : readTriggers(part('on'), { errors: further, warnings }),
    runName: part('run-name'),
    env: part('env'),
    defaults: part('defaults'),
    permissions: readPermissions(part('permissions')),
    concurrency: part('concurrency'),
    callable: readCallable(part('on'), further),
    jobs: readJobs(part('jobs'), { tree, errors: further, warnings }),
  };
  for (const { concurrency } of jobsInOwnGroup(workflow)) {
    warnings.add(OWN_GROUP, isObjectToken(concurrency) ? concurrency : null);
  }
  return workflow;
}

/** A file of which nothing could be read, not even which events start it. */
export function unreadableWorkflow(path: string, why: string): Workflow {
  const errors = new Problems(path);
  errors.add(why, null);
  return brokenWorkflow(path, errors, new Problems(path));
}

function brokenWorkflow(path: string, { list: errors }: Problems, { list: warnings }: Problems): Workflow {
  return {
    ...{ path, name: path, errors, warnings, triggers: null, jobs: [] },
    ...{ runName: null, env: null, defaults: null, permissions: null, concurrency: null, callable: null },
  };
}
