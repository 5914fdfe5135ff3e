import { expect, test } from 'vitest';
import type { RepositoryRow } from '../../store/repositories.ts';
import { readWorkflow } from '../../workflow/index.ts';
import { DefaultBranches } from './default-branches.ts';

const repository = { id: 1, owner: 'me', name: 'app', default_branch: 'main' } as RepositoryRow;

/** A repository whose branch the test moves, and whose reads it can hold. */
class Branch {
  sha: string | undefined = 'one';
  workflows =
    "on: { workflow_run: { workflows: [CI], types: [completed] } }\njobs: { a: { runs-on: x, steps: [{ run: 'true' }] } }\n";
  reads = 0;
  hold: Promise<void> | undefined;

  readonly git = {
    resolve: async () => {
      this.reads++;
      const sha = this.sha;
      await this.hold;
      return sha;
    },
  };

  readonly files = {
    at: async () => {
      const file = { path: '.github/workflows/a.yml', text: this.workflows };
      return [{ ...file, hash: 'x', workflow: readWorkflow(file) }];
    },
  };
}

test('does not know at first, then says who listens to runs without reading again, until the branch moves', async () => {
  const branch = new Branch();
  const branches = new DefaultBranches(branch.git, branch.files);
  expect(branches.listens(1, 'requested')).toBe(true);
  expect(await branches.tip(repository)).toEqual({ ref: 'refs/heads/main', sha: 'one' });
  expect([branches.listens(1, 'requested'), branches.listens(1, 'completed')]).toEqual([false, true]);
  await branches.tip(repository);
  expect(branch.reads).toBe(1);
  branches.forget(1);
  expect(branches.listens(1, 'requested')).toBe(true);
  branch.sha = undefined;
  expect(await branches.tip(repository)).toBeUndefined();
  expect(branches.listens(1, 'completed')).toBe(false);
});

test('does not keep what it began to read before the branch moved', async () => {
  const branch = new Branch();
  let open = (): void => {};
  branch.hold = new Promise((resolve) => {
    open = resolve;
  });
  const branches = new DefaultBranches(branch.git, branch.files);
  const before = branches.tip(repository);
  branches.forget(1);
  branch.sha = 'two';
  open();
  expect((await before)?.sha).toBe('one');
  expect(branches.listens(1, 'requested')).toBe(true);
  expect((await branches.tip(repository))?.sha).toBe('two');
});

test('takes a file that cannot be read for one that may hear all', async () => {
  const branch = new Branch();
  branch.workflows = '- no mapping';
  const branches = new DefaultBranches(branch.git, branch.files);
  await branches.tip(repository);
  expect(branches.listens(1, 'requested')).toBe(true);
});
