import {
  type CalledFile,
  type CallTarget,
  type LinkedCalls,
  type LinkOptions,
  linkCalls,
  readWorkflow,
  type WorkflowOrigin,
} from '../../src/workflow/index.ts';

export const FOLDER = '.github/workflows/';
/** Of the run's own file. */
export const ROOT: WorkflowOrigin = {
  repository: 'Octo/App',
  path: `${FOLDER}ci.yml`,
  ref: 'refs/heads/main',
  sha: 'own',
};
export const STEPS = '{ runs-on: x, steps: [{ run: make }] }';

const file = (origin: WorkflowOrigin, text: string): CalledFile => ({
  origin,
  workflow: readWorkflow({ path: origin.path, text }),
});

/** A file whose jobs call these targets. */
export const calling = (uses: string[], on = 'workflow_call'): string => {
  const jobs = uses.map((target, index) => `  call${index}:\n    uses: ${target}\n`).join('');
  return `on: ${on}\njobs:\n${jobs || `  a: ${STEPS}\n`}`;
};

/** What a server does: loads what is missing, by key, and asks again. Refs of other repositories are their commits. */
export function link(
  root: string,
  texts: Record<string, string>,
  options?: LinkOptions,
): LinkedCalls & { asked: string[] } {
  const files = new Map<string, CalledFile | { error: string }>();
  const asked: string[] = [];
  for (;;) {
    const linked = linkCalls(file(ROOT, root), files, options);
    if (linked.missing.length === 0) return { ...linked, asked };
    for (const target of linked.missing) {
      asked.push(target.key);
      files.set(target.key, load(target, texts[target.key]));
    }
  }
}

function load({ repository, path, ref, sha }: CallTarget, text: string | undefined): CalledFile | { error: string } {
  if (text === undefined) return { error: 'workflow was not found.' };
  return file({ repository, path, ref, sha: sha ?? ref }, text);
}

/** `file line:column message` */
export const shown = (linked: LinkedCalls): string[] =>
  linked.errors.map(({ file, line, column, message }) => `${file} ${line}:${column} ${message}`);

/** Key of a file of the run's own commit. */
export const OWN = (name: string): string => `octo/app/${FOLDER}${name}@own`;
/** Key of a file of another repository, and the reference to it. */
export const LIB = (name: string): string => `octo/lib/${FOLDER}${name}@v1`;
