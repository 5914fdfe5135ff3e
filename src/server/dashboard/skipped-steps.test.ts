import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertRunWithJob } from '../../../test/support/rows.ts';
import { type SmallServer, startSmallServer } from '../../../test/support/small-server.ts';
import { newGuid } from '../../common/ids.ts';
import type { JobRow } from '../../store/jobs.ts';
import { applyStep, completeStepLog } from '../../store/steps.ts';
import { stepLogName } from '../runner-service/log-names.ts';
import { skippedSteps } from './skipped-steps.ts';

let server: SmallServer;

beforeAll(async () => {
  server = await startSmallServer(async () => {});
});
afterAll(() => server.close());

async function skip(job: JobRow, number: number, line?: string): Promise<void> {
  const { db, blobs } = server.context;
  const externalId = newGuid();
  const times = { startedAt: null, completedAt: null };
  const step = { externalId, number, name: `Step ${number}`, status: 'completed' as const, conclusion: 'skipped' };
  await applyStep(db, job.id, { ...step, ...times }, 1);
  if (line === undefined) return;
  const text = `\uFEFF2026-01-01T00:00:00.0000000Z ${line}\n`;
  await blobs.write(stepLogName(job.id, externalId), Readable.from([Buffer.from(text)]));
  await completeStepLog(db, job.id, externalId, 1);
}

test('tells of each skipped step what its log says, and nothing of those whose runner says nothing', async () => {
  const { job } = await insertRunWithJob(server.context.db);
  await skip(job, 1, 'Skipped because its condition `failure()` was false.');
  await skip(job, 2);
  await skip(job, 3, '##[debug]Evaluating condition for step: "Step 3"');
  expect(await skippedSteps(server.context, job)).toEqual([
    'The step "Step 1" was skipped because its condition `failure()` was false.',
  ]);
});

test('tells of ten skipped steps, and how many more there are', async () => {
  const { job } = await insertRunWithJob(server.context.db);
  for (let number = 1; number <= 12; number++) await skip(job, number, 'Skipped because its condition `x` was false.');
  const told = await skippedSteps(server.context, job);
  expect(told).toHaveLength(11);
  expect(told.at(-1)).toBe('2 more steps were skipped; their logs say why.');
});
