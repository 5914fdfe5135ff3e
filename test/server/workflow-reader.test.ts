import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { WorkflowReader } from '../../src/server/workflow-files/workflow-reader.ts';
import { readQuickly, readWorkflow } from '../../src/workflow/index.ts';
import { LARGEST_FILE } from '../support/hostile-workflows.ts';
import { waitFor } from '../support/wait.ts';

const PATH = '.github/workflows/ci.yml';
const SMALL = 'on: push\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n';
/** Too much for `readQuickly`. */
const large = (jobs: number): string =>
  `on: push\njobs:\n${Array.from({ length: jobs }, (_, n) => `  j${n}: { runs-on: x, timeout-minutes: .inf, steps: [{ uses: a/b@v1 }] }\n`).join('')}`;

/** Those of this process, of node's own pool too. */
const threads = (): number => readdirSync('/proc/self/task').length;

describe('a workflow file', () => {
  const reader = new WorkflowReader();
  afterAll(() => reader.close());

  it('is the same from the thread as read here, with every job and step', async () => {
    const text = large(2_000).replace('steps: [', `steps: [${'{ run: x }, '.repeat(1_000)}`);
    expect(readQuickly({ path: PATH, text })).toBeUndefined();
    const { workflow } = await reader.read(PATH, text);
    expect(workflow.jobs).toHaveLength(2_000);
    expect(workflow).toEqual(readWorkflow({ path: PATH, text }));
  });

  it('is read once, also when it is asked for twice at the same time', async () => {
    for (const text of [SMALL, large(1_000)]) {
      const [one, two] = await Promise.all([reader.read(PATH, text), reader.read(PATH, text)]);
      expect(one).toBe(two);
      expect(await reader.read(PATH, text)).toBe(one);
      expect(reader.cached(one.hash, PATH)).toBe(one);
      expect(reader.cached(one.hash, 'other.yml')).toBeUndefined();
    }
  });

  it('is forgotten when many larger ones have come after it', async () => {
    const { hash } = await reader.read(PATH, SMALL);
    const comments = `# ${'x'.repeat(LARGEST_FILE / 2)}\n`;
    for (let count = 0; count < 9; count++) await reader.read(PATH, `${SMALL}# ${count}\n${comments}`);
    expect(reader.cached(hash, PATH)).toBeUndefined();
  });
});

describe('the thread', () => {
  it('is started for the first file that needs it, and ends when none comes any more', async () => {
    const before = threads();
    const reader = new WorkflowReader({ idleMs: 1 });
    await reader.read(PATH, SMALL);
    expect(threads()).toBe(before);
    const { workflow } = await reader.read(PATH, large(1_000));
    expect(workflow.jobs).toHaveLength(1_000);
    await waitFor('the thread to end', () => threads() <= before);
    expect((await reader.read(PATH, large(1_001))).workflow.jobs).toHaveLength(1_001);
    await reader.close();
  });

  it('gives a file up that takes too long, tries it again the next time, and goes on with others', async () => {
    const reader = new WorkflowReader({ timeLimitMs: 1 });
    const slow = await reader.read(PATH, large(5_000));
    expect(slow.workflow).toMatchObject({ path: PATH, triggers: null, jobs: [] });
    expect(slow.workflow.errors).toEqual([
      { file: PATH, line: null, column: null, message: 'The file takes longer than 0.001 s to read' },
    ]);
    expect(reader.cached(slow.hash, PATH)).toBeUndefined();
    expect(await reader.read(PATH, large(5_000))).not.toBe(slow);
    expect((await reader.read(PATH, SMALL)).workflow.errors).toEqual([]);
    await reader.close();
  });

  it('ends with its reader, which reads nothing large after that', async () => {
    const before = threads();
    const reader = new WorkflowReader();
    await reader.read(PATH, large(1_000));
    await reader.close();
    await waitFor('the thread to end', () => threads() <= before);
    await expect(reader.read(PATH, large(1_001))).rejects.toThrow('closed');
  });
});
