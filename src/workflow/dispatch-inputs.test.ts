import { describe, expect, it } from 'vitest';
import { readWorkflow, resolveDispatchInputs, type Workflow } from './index.ts';

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

const dispatchable = (inputs: string): Workflow =>
  readWorkflow({
    path: 'ci.yml',
    text: `on: {workflow_dispatch: {inputs: ${inputs}}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n`,
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

  it('SEM-4.8: github.event.inputs keeps a number as it was written, and says what a missing one is', () => {
    expect(resolveDispatchInputs(workflow, { name: 'x', count: '007.50' })).toMatchObject({
      inputs: { count: 7.5, level: 'low', flag: false },
      texts: { count: '007.50', level: 'low', flag: 'false' },
    });
  });

  it('SEM-4.8: takes numbers and booleans of JSON, and null as not given', () => {
    expect(resolveDispatchInputs(workflow, { name: 12, flag: true, count: 2.5, level: null })).toEqual({
      inputs: { name: '12', flag: true, count: 2.5, level: 'low' },
      texts: { name: '12', flag: 'true', count: '2.5', level: 'low' },
      errors: [],
    });
  });

  it('SEM-4.7: a default may be written as a text, and what is deprecated is taken all the same', () => {
    const body = `{flag: {type: boolean, default: 'true', deprecationMessage: old}, count: {type: number, default: '3'}}`;
    const other = dispatchable(body);
    expect(other.errors).toEqual([]);
    expect(resolveDispatchInputs(other, {}).inputs).toEqual({ flag: true, count: 3 });
  });

  it.each([
    ['{a: {type: boolean, default: yes}}', "The input 'a': the default 'yes' is no boolean"],
    ['{a: {type: number, default: many}}', "The input 'a': the default 'many' is no number"],
    ['{a: {type: number, default: true}}', "The input 'a': the default 'true' is no number"],
    ['{a: {type: choice}}', "The input 'a': Missing 'options' for choice input"],
    ['{a: {type: choice, options: [x], default: y}}', "The input 'a': the default 'y' is not in its options"],
    [`{${Array.from({ length: 26 }, (_, n) => `i${n}: {}`).join()}}`, 'you may only define up to 25 inputs'],
  ])('SEM-4.7: the file is wrong with %s', (body, message) => {
    expect(dispatchable(body).errors.map((error) => error.message)).toEqual([message]);
  });

  it('takes an input of a type that GitHub does not know for a string, and warns', () => {
    const { errors, warnings } = dispatchable('{a: {type: int}}');
    expect(errors).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("unknown type 'int'")]);
  });

  it('SEM-4.7: warns of options that nobody will see', () => {
    const { errors, warnings } = dispatchable('{a: {options: [x]}}');
    expect(errors).toEqual([]);
    const message = "The input 'a': Input type is not 'choice', but 'options' is defined";
    expect(warnings).toEqual([expect.objectContaining({ line: 1, message })]);
  });

  it.each([
    [{}, "Required input 'name' not provided"],
    [{ name: 'x', nope: '1', other: '' }, 'Unexpected inputs provided: ["nope","other"]'],
    [{ name: 'x', level: 'mid' }, "Provided value 'mid' for input 'level' not in the list of allowed values"],
    [{ name: 'x', flag: 'yes' }, "Provided value 'yes' for input 'flag' is not true or false"],
    [{ name: 'x', flag: 'constructor' }, "Provided value 'constructor' for input 'flag' is not true or false"],
    [{ name: 'x', count: 'many' }, "Provided value 'many' for input 'count' is not a number"],
    [{ name: ['x'] }, "Provided value for input 'name' is not a string, number or boolean"],
    [{ name: null }, "Required input 'name' not provided"],
    [{ name: 'x', level: '' }, "Provided value '' for input 'level' not in the list of allowed values"],
    [{ name: 'x', count: 'Infinity' }, "Provided value 'Infinity' for input 'count' is not a number"],
    [{ name: 'x'.repeat(70_000) }, 'inputs are too large: at most 65535 characters are allowed'],
  ])('SEM-4.7, 4.8: refuses case %#', (given, error) => {
    expect(resolveDispatchInputs(workflow, given).errors).toEqual([error]);
  });

  it('refuses a workflow that cannot be dispatched', () => {
    const other = readWorkflow({ path: 'a', text: 'on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}' });
    expect(resolveDispatchInputs(other, {}).errors).toEqual(["Workflow does not have 'workflow_dispatch' trigger"]);
  });
});
