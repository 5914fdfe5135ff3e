import { describe, expect, it } from 'vitest';
import { readWorkflow, resolveDispatchInputs } from './index.ts';

const workflow = readWorkflow({
  path: 'ci.yml',
  text: `on:
  workflow_dispatch:
    inputs:
      name: {required: true}
      flag: {type: boolean}
      count: {type: number, default: 3}
      level: {type: choice, options: [low, high], default: low}
jobs: {a: {runs-on: x, steps: [{run: x}]}}
`,
});

describe('resolveDispatchInputs', () => {
  it('SEM-4.8, trap 25: gives typed values, and their texts for github.event.inputs', () => {
    expect(resolveDispatchInputs(workflow, { NAME: 'x', flag: 'true' })).toEqual({
      inputs: { name: 'x', flag: true, count: 3, level: 'low' },
      texts: { name: 'x', flag: 'true', count: '3', level: 'low' },
      errors: [],
    });
    expect(resolveDispatchInputs(workflow, { name: '' }).inputs).toMatchObject({ name: '', flag: false });
  });

  it.each([
    [{}, "Required input 'name' not provided"],
    [{ name: 'x', nope: '1', other: '' }, 'Unexpected inputs provided: ["nope","other"]'],
    [{ name: 'x', level: 'mid' }, "Provided value 'mid' for input 'level' not in the list of allowed values"],
    [{ name: 'x', flag: 'yes' }, "Provided value 'yes' for input 'flag' is not true or false"],
    [{ name: 'x', count: 'many' }, "Provided value 'many' for input 'count' is not a number"],
    [{ name: 'x'.repeat(70_000) }, 'inputs are too large: at most 65535 characters are allowed'],
  ])('SEM-4.7, 4.8: refuses %j', (given, error) => {
    expect(resolveDispatchInputs(workflow, given as Record<string, string>).errors).toEqual([error]);
  });

  it('refuses a workflow that cannot be dispatched', () => {
    const other = readWorkflow({ path: 'a', text: 'on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}' });
    expect(resolveDispatchInputs(other, {}).errors).toEqual(["Workflow does not have 'workflow_dispatch' trigger"]);
  });
});
