/** The built-in answer to `uses: actions/checkout@…`: same inputs and outputs, needs git and this server only. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunnableStep } from './actions/handlers.ts';
import { printAction } from './actions/inputs.ts';
import { usesText } from './actions/references.ts';
import { type CheckoutInputs, readCheckoutInputs } from './checkout-inputs.ts';
import { emptyFolder } from './folders.ts';
import { Git } from './git.ts';
import { findProgram } from './shells.ts';
import type { StepContext, StepHandler } from './step-context.ts';

/** State keys that the post step reads. */
const STATE = { folder: 'repositoryPath', header: 'credentialKey' } as const;

export function checkoutHandler(step: RunnableStep): StepHandler {
  return {
    run: (context) => checkout(step, context),
    post: { condition: 'always()', run: removeCredentials },
  };
}

async function checkout(step: RunnableStep, context: StepContext): Promise<boolean> {
  const { output } = context;
  const given = context.job.evaluateMapping(step.inputs, context.scope(), 'with');
  context.job.masks.add(given.token ?? '');
  printAction(context, usesText(step.reference), given);
  output.print("actions/checkout is answered by Switchyard's built-in checkout");
  const inputs = readCheckoutInputs(context, given);
  if (inputs.lfs) output.warning('The built-in checkout does not fetch Git LFS files.');
  const server = String(context.github.server_url ?? '').replace(/\/+$/, '');
  const url = `${server}/${inputs.repository}`;
  const git = openGit(context, inputs, server);
  output.print(`Syncing repository: ${inputs.repository}`);
  await prepareRepository(git, context, inputs, url);
  await forgetCredentials(git, server);
  const target = await resolveTarget(git, inputs, url);
  await fetchTarget(git, inputs, target);
  await checkOut(git, target);
  await updateSubmodules(git, inputs);
  if (inputs.persistCredentials) await persistCredentials(context, inputs, server);
  const commit = ((await git.read('log', '-1', '--format=%H')) ?? '').trim();
  context.setOutput('ref', inputs.ref);
  context.setOutput('commit', commit);
  output.print(`The commit is ${commit}`);
  return true;
}

function openGit(context: StepContext, inputs: CheckoutInputs, server: string): Git {
  const header = authorization(inputs.token);
  context.job.masks.add(inputs.token);
  context.job.masks.add(header.split(' ').at(-1) ?? '');
  return new Git(context, gitProgram(context), inputs.folder, [
    // The folder may belong to the user of a container.
    ['safe.directory', inputs.folder],
    ['gc.auto', '0'],
    [headerKey(server), header],
    [`url.${server}/.insteadOf`, `git@${new URL(server).hostname}:`],
  ]);
}

function gitProgram(context: StepContext): string {
  const program = findProgram('git', context.ownEnvironment.PATH ?? '');
  if (program) return program;
  throw new Error("git was not found on this runner's PATH; the checkout needs it.");
}

const authorization = (token: string): string =>
  `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;

const headerKey = (server: string): string => `http.${server}/.extraheader`;

/** Leaves an initialised repository with `origin` at `url`; another repository's files are removed. */
async function prepareRepository(
  git: Git,
  { job, output }: StepContext,
  inputs: CheckoutInputs,
  url: string,
): Promise<void> {
  await mkdir(inputs.folder, { recursive: true });
  const isOurs =
    existsSync(join(inputs.folder, '.git', 'config')) &&
    (await git.read('config', '--local', '--get', 'remote.origin.url')) === url;
  // What a container left in `.git` must not run here.
  if (isOurs && !job.host.isContainer && (await reuse(git, inputs))) return;
  output.print(`Deleting the contents of '${inputs.folder}'`);
  await emptyFolder(inputs.folder);
  await git.run('init', '--quiet', inputs.folder);
  await git.run('remote', 'add', 'origin', url);
}

/** False when the old repository is of no use. */
async function reuse(git: Git, { folder, clean }: CheckoutInputs): Promise<boolean> {
  for (const lock of ['index.lock', 'shallow.lock', 'config.lock'])
    await rm(join(folder, '.git', lock), { force: true });
  if ((await git.tryRun('checkout', '--detach', '--quiet')) !== 0) return false;
  const branches = (await git.read('for-each-ref', '--format=%(refname:short)', 'refs/heads')) ?? '';
  for (const branch of branches.split('\n').filter(Boolean)) await git.run('branch', '--delete', '--force', branch);
  if (!clean) return true;
  return (await git.tryRun('clean', '-ffdx')) === 0 && (await git.tryRun('reset', '--hard', 'HEAD')) === 0;
}

/** What to fetch and what to check out. */
interface Target {
  refspecs: string[];
  /** Arguments of `git checkout`. */
  checkout: string[];
}

async function resolveTarget(git: Git, inputs: CheckoutInputs, url: string): Promise<Target> {
  const { ref, commit } = inputs;
  if (ref === '' && commit !== '') return { refspecs: [commit], checkout: [commit] };
  if (ref === '') return branchTarget(await defaultBranch(git, url), '');
  if (ref.startsWith('refs/heads/')) return branchTarget(ref.slice('refs/heads/'.length), commit);
  if (ref.startsWith('refs/pull/')) {
    const local = ref.replace('refs/pull/', 'refs/remotes/pull/');
    return { refspecs: [`+${commit || ref}:${local}`], checkout: [local] };
  }
  if (ref.startsWith('refs/')) return { refspecs: [`+${commit || ref}:${ref}`], checkout: [ref] };
  return await shortTarget(git, ref, url);
}

function branchTarget(branch: string, commit: string): Target {
  const remote = `refs/remotes/origin/${branch}`;
  return { refspecs: [`+${commit || `refs/heads/${branch}`}:${remote}`], checkout: ['-B', branch, remote] };
}

/** A short name is a branch, else a tag. */
async function shortTarget(git: Git, name: string, url: string): Promise<Target> {
  const found = (await git.read('ls-remote', url, `refs/heads/${name}`, `refs/tags/${name}`)) ?? '';
  if (found.includes(`\trefs/heads/${name}`)) return branchTarget(name, '');
  if (!found.includes(`\trefs/tags/${name}`)) {
    throw new Error(`A branch or tag with the name '${name}' could not be found in ${url}.`);
  }
  const tag = `refs/tags/${name}`;
  return { refspecs: [`+${tag}:${tag}`], checkout: [tag] };
}

async function defaultBranch(git: Git, url: string): Promise<string> {
  const answer = (await git.read('ls-remote', '--symref', url, 'HEAD')) ?? '';
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD/m.exec(answer)?.[1];
  if (branch) return branch;
  throw new Error(
    `The default branch of ${url} could not be found: the repository is missing, empty, or not readable with this token.`,
  );
}

async function fetchTarget(git: Git, { depth, fetchTags, folder }: CheckoutInputs, target: Target): Promise<void> {
  const fetch = (...args: string[]): Promise<void> =>
    git.run('-c', 'protocol.version=2', 'fetch', '--no-tags', '--no-recurse-submodules', ...args);
  const tags = '+refs/tags/*:refs/tags/*';
  if (depth > 0) {
    return await fetch('--prune', `--depth=${depth}`, 'origin', ...target.refspecs, ...(fetchTags ? [tags] : []));
  }
  const history = existsSync(join(folder, '.git', 'shallow')) ? ['--unshallow'] : [];
  await fetch('--prune', ...history, 'origin', '+refs/heads/*:refs/remotes/origin/*', tags);
  // By itself and last: the run's commit wins over where its branch is by now.
  await fetch('origin', ...target.refspecs);
}

async function checkOut(git: Git, { checkout: args }: Target): Promise<void> {
  const detached = args[0] === '-B' ? [] : ['--detach'];
  await git.run('-c', 'advice.detachedHead=false', 'checkout', '--progress', '--force', ...detached, ...args);
}

async function updateSubmodules(git: Git, { submodules, depth }: CheckoutInputs): Promise<void> {
  if (submodules === 'none') return;
  const recursive = submodules === 'recursive' ? ['--recursive'] : [];
  const shallow = depth > 0 ? [`--depth=${depth}`] : [];
  await git.run('submodule', 'sync', ...recursive);
  await git.run('-c', 'protocol.version=2', 'submodule', 'update', '--init', '--force', ...shallow, ...recursive);
}

/** Written into the file itself: an argument of `git config` would show the token in the process list. */
async function persistCredentials(context: StepContext, inputs: CheckoutInputs, server: string): Promise<void> {
  const section = `[http "${server}/"]\n\textraheader = ${authorization(inputs.token)}\n`;
  await appendFile(join(inputs.folder, '.git', 'config'), section);
  context.saveState(STATE.folder, inputs.folder);
  context.saveState(STATE.header, headerKey(server));
}

/** A header that an earlier job left behind would be sent in addition to ours, and the server refuses two. */
async function forgetCredentials(git: Git, server: string): Promise<void> {
  await git.read('config', '--local', '--unset-all', headerKey(server));
}

async function removeCredentials(context: StepContext): Promise<boolean> {
  const folder = context.state[STATE.folder];
  const key = context.state[STATE.header];
  if (!folder || !key || !existsSync(join(folder, '.git', 'config'))) return true;
  const git = new Git(context, gitProgram(context), folder, [['safe.directory', folder]]);
  context.output.print(`Removing the credentials from ${join(folder, '.git', 'config')}`);
  await git.read('config', '--local', '--unset-all', key);
  return true;
}
