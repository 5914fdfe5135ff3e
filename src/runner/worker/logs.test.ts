import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logTime } from '../../protocol/runner/log-line.ts';
import { Masks } from '../masks.ts';
import { LogFile } from './log-file.ts';
import { BLOCK_BYTES, LogUpload } from './log-upload.ts';
import { JobLogs } from './logs.ts';
import type { ResultsClient } from './results-client.ts';
import { StepRecord } from './step-record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('JobLogs', () => {
  it('stamps and masks each line, counts it, and repeats it in the log of the job (runner-protocol 8.2)', () => {
    const masks = new Masks();
    masks.add('hunter2');
    const logs = new JobLogs(folder, masks, {});
    const record = new StepRecord(2, 'step');
    const log = logs.openStep(record);
    log.write(['one', 'hunter2']);
    log.write(['x'.repeat(200_000)]);
    const job = readFileSync(join(folder, 'job.log'), 'utf8');
    expect(job).toMatch(/^\uFEFF\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z one\n\S+ \*\*\*\n\S+ x+\n$/);
    expect(record.lineCount).toBe(3);
    log.close();
    log.write(['too late']);
    expect(record.lineCount).toBe(3);
    logs.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes times with seven digits', () => {
    expect(logTime(0)).toBe('1970-01-01T00:00:00.0000000Z');
  });
});

/** Notes the calls instead of making them. */
function recordingClient(calls: string[]): ResultsClient {
  const client: Partial<ResultsClient> = {
    logsUrl: async () => 'http://blobs/x?sig=1',
    logsUploaded: async (_step, lines) => void calls.push(`metadata ${lines}`),
    putBlob: async (_url, body) => void calls.push(`put ${body.length}`),
    createAppendBlob: async () => void calls.push('create'),
    appendBlock: async (_url, body, position) => void calls.push(`append ${body.length} at ${position}`),
    sealBlob: async () => void calls.push('seal'),
  };
  return client as ResultsClient;
}

describe('LogUpload', () => {
  it('uploads a small log as one block', async () => {
    const calls: string[] = [];
    const file = new LogFile(join(folder, 'a.log'));
    const upload = new LogUpload(recordingClient(calls), file, 'step');
    file.append('line\n', 1);
    upload.grow();
    file.close();
    await upload.finish();
    expect(calls).toEqual(['put 8', 'metadata 1']);
  });

  it('uploads nothing, not even a byte order mark, of a log without lines', async () => {
    const calls: string[] = [];
    const file = new LogFile(join(folder, 'a.log'));
    const upload = new LogUpload(recordingClient(calls), file, 'step');
    file.close();
    await upload.finish();
    expect(calls).toEqual(['put 0', 'metadata 0']);
  });

  it('appends blocks while the log grows, in order, and seals it (runner-protocol 8.4)', async () => {
    const calls: string[] = [];
    const file = new LogFile(join(folder, 'a.log'));
    const upload = new LogUpload(recordingClient(calls), file, undefined);
    for (let block = 0; block < 5; block++) {
      file.append(`${'x'.repeat(BLOCK_BYTES / 2 - 1)}\n`, 1);
      upload.grow();
    }
    file.close();
    await upload.finish();
    const last = BLOCK_BYTES / 2 + 3;
    expect(calls).toEqual([
      'create',
      `append ${BLOCK_BYTES} at 0`,
      `append ${BLOCK_BYTES} at ${BLOCK_BYTES}`,
      `append ${last} at ${2 * BLOCK_BYTES}`,
      'seal',
      'metadata 5',
    ]);
  });
});
