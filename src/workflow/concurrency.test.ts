import { describe, expect, it } from 'vitest';
import { errorsOf, soundWorkflow, warningsOf, withJobs } from '../../test/support/workflow-text.ts';
import { type Concurrency, type Evaluated, resolveJob, workflowConcurrency } from './index.ts';

const contexts = {
  github: { ref: 'refs/heads/main', workflow: 'CI' },
  vars: { LONG: 'x'.repeat(401) },
  inputs: { cancel: true },
  needs: { first: { outputs: { group: 'blue' } } },
};

const told = <T>(evaluated: Evaluated<T>): T | string[] =>
  evaluated.ok ? evaluated.value : evaluated.errors.map(({ line, column, message }) => `${line}:${column} ${message}`);

const ofWorkflow = (written: string): Concurrency | null | string[] =>
  told(workflowConcurrency(soundWorkflow(`concurrency: ${written}\n${withJobs({ a: '' })}`), contexts));

function ofJob(written: string): Concurrency | null | string[] | undefined {
  const workflow = soundWorkflow(withJobs({ a: `concurrency: ${written}` }));
  const strategy = { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 };
  const resolved = told(resolveJob(workflow, 'a', contexts, { matrix: { os: 'linux' }, strategy, nameSuffix: '' }));
  return Array.isArray(resolved) ? resolved : resolved.concurrency;
}

const SINGLE = { cancelInProgress: false, queue: 'single' };

describe('concurrency of a workflow and of a job', () => {
  it.each<[string, Partial<Concurrency>]>([
    ['deploy', { group: 'deploy', ...SINGLE } as Concurrency],
    ['Deploy 1', { group: 'Deploy 1' }],
    ['7', { group: '7' }],
    ['{ group: g }', { group: 'g' }],
    ['{ group: g, cancel-in-progress: true }', { group: 'g', cancelInProgress: true }],
    ['{ group: g, cancel-in-progress: "${{ inputs.cancel }}" }', { cancelInProgress: true }],
    ['{ group: g, cancel-in-progress: "${{ inputs.nothing == 1 }}" }', { cancelInProgress: false }],
    ['{ group: g, queue: max }', { queue: 'max' }],
    ['{ group: g, queue: single, cancel-in-progress: true }', { queue: 'single', cancelInProgress: true }],
    ['{ group: g, queue: max, cancel-in-progress: false }', { queue: 'max', cancelInProgress: false }],
    ['"${{ github.workflow }}-${{ github.ref }}"', { group: 'CI-refs/heads/main' }],
    ['{ group: "${{ github.workflow }}" }', { group: 'CI' }],
    ['"${{ fromJSON(\'{\\"group\\":\\"g\\",\\"queue\\":\\"max\\"}\') }}"', { group: 'g', queue: 'max' }],
  ])('SEM-8.1, 8.4, 8.5: %s', (written, expected) => {
    expect(ofWorkflow(written)).toMatchObject(expected);
    expect(ofJob(written)).toMatchObject(expected);
  });

  it('SEM-8.5: a job also looks at needs, matrix and strategy', () => {
    const written = '"${{ needs.first.outputs.group }}-${{ matrix.os }}-${{ strategy.job-index }}"';
    expect(ofJob(written)).toEqual({ group: 'blue-linux-0', ...SINGLE });
  });

  it('is null without the key', () => {
    expect(told(workflowConcurrency(soundWorkflow(withJobs({ a: '' })), contexts))).toBeNull();
  });

  it.each([
    ['"${{ github.nothing }}"', 'Concurrency group name cannot be empty'],
    ['"${{ vars.LONG }}"', 'Concurrency group name must be less than 400 characters'],
    ['{ group: "${{ github }}" }', 'A mapping was not expected'],
    ['{ group: g, cancel-in-progress: "${{ github.ref }}" }', "Unexpected value 'refs/heads/main'"],
    [
      '{ group: g, queue: max, cancel-in-progress: "${{ inputs.cancel }}" }',
      "'queue: max' cannot be combined with 'cancel-in-progress: true'.",
    ],
    ['{ group: g, queue: "${{ github.ref }}" }', "Unexpected value 'refs/heads/main'"],
  ])('SEM-8.1, 8.3: %s cannot be evaluated', (written, message) => {
    expect(ofWorkflow(written)).toEqual([expect.stringContaining(`Error when evaluating 'concurrency'. ${message}`)]);
    expect(ofJob(written)).toEqual([expect.stringContaining(`'concurrency' for job 'a'. ${message}`)]);
  });
});

describe('concurrency that is wrong whatever happens', () => {
  it.each([
    [
      '{ queue: max, cancel-in-progress: true, group: g }',
      "'queue: max' cannot be combined with 'cancel-in-progress: true'.",
    ],
    ['{ queue: max, cancel-in-progress: true, group: "${{ github.ref }}" }', "'queue: max' cannot be combined"],
    ['x'.repeat(401), 'Concurrency group name must be less than 400 characters'],
    [
      `{ group: ${'x'.repeat(401)}, queue: "\${{ vars.Q }}" }`,
      'Concurrency group name must be less than 400 characters',
    ],
    ['{ group: "" }', "Unexpected value ''"],
    ['{ queue: single }', 'Required property is missing: group'],
    ['{ group: g, queue: double }', "Unexpected value 'double'"],
    ['{ group: g, cancel-in-progress: maybe }', "Unexpected value 'maybe'"],
    ['{ group: g, nope: 1 }', "Unexpected value 'nope'"],
    ['[g]', 'A sequence was not expected'],
  ])('SEM-8.1, 8.3: %s is an error of the file', (written, message) => {
    expect(errorsOf(`concurrency: ${written}\n${withJobs({ a: '' })}`)).toEqual([expect.stringContaining(message)]);
    expect(errorsOf(withJobs({ a: `concurrency: ${written}` }))).toEqual([expect.stringContaining(message)]);
  });

  it('SEM-8.1: a group of 400 characters is fine, and an empty one is not', () => {
    expect(errorsOf(withJobs({ a: `concurrency: ${'x'.repeat(400)}` }))).toEqual([]);
    expect(errorsOf(`concurrency: ""\n${withJobs({ a: '' })}`)).toEqual([
      '1:14 Concurrency group name cannot be empty',
    ]);
  });

  it('SEM-8.8: warns of a job that is in the group of its own workflow', () => {
    const text = `concurrency: deploy\n${withJobs({ a: 'concurrency: { group: Deploy }', b: 'concurrency: other' })}`;
    expect(warningsOf(text)).toEqual([
      '7:18 The job uses the concurrency group of its own workflow: it cancels its own run, or waits for it for ever.',
    ]);
  });
});
