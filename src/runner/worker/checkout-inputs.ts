import { isAbsolute, relative, resolve } from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { StepContext } from './step-context.ts';

export interface CheckoutInputs {
  /** `owner/name` */
  repository: string;
  /** Qualified or short ref; empty when only the commit counts. */
  ref: string;
  /** Known commit of `ref`; empty when the server decides. */
  commit: string;
  /** Absolute folder below the workspace. */
  folder: string;
  /** 0 means the whole history with all tags. */
  depth: number;
  fetchTags: boolean;
  token: string;
  clean: boolean;
  submodules: 'none' | 'direct' | 'recursive';
  persistCredentials: boolean;
  lfs: boolean;
}

const KNOWN = new Set(
  'repository ref path fetch-depth fetch-tags token clean submodules persist-credentials set-safe-directory lfs'.split(
    ' ',
  ),
);
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;

/** Reads `with` as the real action does. @throws UserError `bad-checkout-input` */
export function readCheckoutInputs(context: StepContext, given: Record<string, string>): CheckoutInputs {
  const inputs = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  for (const name of inputs.keys()) {
    if (!KNOWN.has(name))
      context.output.warning(`The built-in checkout does not know the input '${name}'; it is ignored.`);
  }
  const text = (name: string): string => inputs.get(name) ?? '';
  const flag = (name: string, fallback: boolean): boolean => (text(name) || `${fallback}`).toLowerCase() === 'true';
  const repository = text('repository') || context.job.repository;
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw bad(`Invalid repository '${repository}'.`, 'Expected format {owner}/{repo}.');
  }
  return {
    repository,
    ...refAndCommit(context, repository, text('ref')),
    folder: folderBelow(context.job.folders.workspace, text('path')),
    depth: readDepth(text('fetch-depth')),
    fetchTags: flag('fetch-tags', false),
    token: text('token') || String(context.github.token ?? ''),
    clean: flag('clean', true),
    submodules: readSubmodules(text('submodules')),
    persistCredentials: flag('persist-credentials', true),
    lfs: flag('lfs', false),
  };
}

/** The run's own repository defaults to the run's ref and commit; another one to its default branch. */
function refAndCommit({ github }: StepContext, repository: string, ref: string): { ref: string; commit: string } {
  if (COMMIT.test(ref)) return { ref: '', commit: ref };
  const isOwn = repository.toLowerCase() === String(github.repository ?? '').toLowerCase();
  const ownRef = String(github.ref ?? '');
  const sha = String(github.sha ?? '');
  if (ref === '') return isOwn ? { ref: ownRef, commit: sha } : { ref: '', commit: '' };
  // Naming the run's own ref means the run's commit, not where the ref has moved since.
  return { ref, commit: isOwn && ref === ownRef ? sha : '' };
}

function folderBelow(workspace: string, path: string): string {
  const folder = resolve(workspace, path);
  const inside = relative(workspace, folder);
  if (!inside.startsWith('..') && !isAbsolute(inside)) return folder;
  throw bad(`The path '${path}' is not below the workspace ${workspace}.`, 'Give a path inside the workspace.');
}

function readDepth(text: string): number {
  if (text === '') return 1;
  const depth = Number(text);
  return Number.isInteger(depth) && depth > 0 ? depth : 0;
}

function readSubmodules(text: string): CheckoutInputs['submodules'] {
  if (text.toLowerCase() === 'recursive') return 'recursive';
  return text.toLowerCase() === 'true' ? 'direct' : 'none';
}

const bad = (message: string, hint: string): UserError =>
  new UserError('bad-checkout-input', `${message} ${hint}`, { hint });
