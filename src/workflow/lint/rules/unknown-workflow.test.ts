import { describe, expect, it } from 'vitest';
import { foundBy } from '../testing/found-by.ts';

const JOBS = 'jobs: { a: { runs-on: x, steps: [{ run: x }] } }';
const following = (name: string): string => `on:\n  workflow_run: { workflows: [${name}] }\n${JOBS}\n`;
const beside = { 'build.yml': `name: Build C++\non: push\n${JOBS}`, 'plain.yml': `on: push\n${JOBS}` };

describe('unknown-workflow', () => {
  it('SEM-2.10: tells of a workflow that the repository does not have', () => {
    expect(foundBy('unknown-workflow', following('Biuld'), { beside })).toEqual([
      "2:31 warning No workflow of the repository has the name 'Biuld'.",
    ]);
  });

  it.each(['Build C++', "'Build C\\+\\+'", '.github/workflows/plain.yml'])('says nothing of %s', (name) => {
    expect(foundBy('unknown-workflow', following(name), { beside })).toEqual([]);
  });

  it('says nothing when not all files are known', () => {
    expect(foundBy('unknown-workflow', following('Other'), { beside, isComplete: false })).toEqual([]);
  });
});
