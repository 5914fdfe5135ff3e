import { expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { openDatabase } from '../database.ts';
import { runHeads } from './0004-run-heads.ts';

test('runs from before get the branch and the commit that they are looked for by', async () => {
  const db = await openDatabase(':memory:');
  const pull_request = { head: { ref: 'topic', sha: 'b'.repeat(40) } };
  const sha = 'a'.repeat(40);
  const runs = [
    { event: 'push', ref: 'refs/heads/feature/x', sha },
    { event: 'push', ref: 'refs/tags/v1', sha },
    { event: 'pull_request', ref: 'refs/pull/7/merge', sha, payload: JSON.stringify({ pull_request }) },
    { event: 'pull_request', ref: 'refs/pull/8/merge', sha, payload: '{}' },
  ];
  for (const run of runs) await insertRunWithJob(db, { run });
  const heads = () => db.selectFrom('runs').select(['head_branch', 'head_sha']).orderBy('id').execute();
  const before = await heads();
  expect(before.map(({ head_branch, head_sha }) => `${head_branch} ${head_sha[0]}`)).toEqual([
    ...['feature/x a', 'v1 a', 'topic b', 'refs/pull/8/merge a'],
  ]);
  for (const column of ['head_branch', 'head_sha']) {
    await db.schema.dropIndex(`runs_by_${column}`).execute();
    await db.schema.alterTable('runs').dropColumn(column).execute();
  }
  await runHeads.up(db);
  expect(await heads()).toEqual(before);
  await db.destroy();
});
