import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDiagnostics } from './diagnostics.ts';

const MIB = 2 ** 20;
let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-diag-'));
  folder = join(root, '_diag');
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true }));

function addLog(name: string, daysOld: number, mebibytes = 0): void {
  writeFileSync(join(folder, name), '');
  // Takes no room: the file has holes.
  truncateSync(join(folder, name), mebibytes * MIB);
  const at = Date.now() / 1000 - daysOld * 86_400;
  utimesSync(join(folder, name), at, at);
}
const open = () => openDiagnostics('Runner', root, () => undefined);

it('logs are removed by age, other files are not (runner-protocol 11.9)', () => {
  for (const name of ['Runner_old.log', 'Worker_old.log', 'mine.log']) addLog(name, 31);
  addLog('Worker_new.log', 29);
  open();
  expect(readdirSync(folder).sort()).toEqual(['Worker_new.log', 'mine.log']);
});

it('logs are removed by their number and by their size, the oldest first', () => {
  for (let index = 0; index < 210; index++) addLog(`Worker_${index}.log`, index / 100);
  open();
  expect(readdirSync(folder)).toHaveLength(200);
  expect(readdirSync(folder)).not.toContain('Worker_209.log');
  for (let index = 0; index < 4; index++) addLog(`Worker_${index}.log`, index / 100, 40);
  open();
  expect(readdirSync(folder).sort()).toEqual(['Worker_0.log', 'Worker_1.log']);
});

it('a log that has grown long is followed by another, and both are for their owner only', () => {
  const diagnostics = open();
  for (let line = 0; line < 10; line++) diagnostics.note('x'.repeat(MIB));
  const logs = readdirSync(folder).map((name) => statSync(join(folder, name)));
  expect(logs).toHaveLength(2);
  expect(logs.every(({ size, mode }) => size < 10 * MIB && (mode & 0o777) === 0o600)).toBe(true);
});
