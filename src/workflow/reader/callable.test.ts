import { describe, expect, it } from 'vitest';
import { errorsOf, soundWorkflow } from '../../../test/support/workflow-text.ts';

const JOBS = 'jobs: { a: { runs-on: x, steps: [{ run: x }] } }\n';
const called = (body: string): string => `on:\n  workflow_call:\n    ${body.replaceAll('\n', '\n    ')}\n${JOBS}`;

describe('on.workflow_call', () => {
  it.each([
    ['on: workflow_call', true],
    ['on: [push, workflow_call]', true],
    ['on: { push: , workflow_call: }', true],
    ['on: push', false],
    ['on: { push: { branches: [workflow_call] } }', false],
  ])('SEM-11.2: %s can be called: %s', (on, expected) => {
    const { callable } = soundWorkflow(`${on}\n${JOBS}`);
    expect(callable).toEqual(expected ? { inputs: [], secrets: [], outputs: [] } : null);
  });

  it('SEM-11.4, 11.5, 11.8: declares inputs, secrets and outputs', () => {
    const text = called(`inputs:
  name: { type: string, description: A name, required: true }
  count: { type: number, default: 3 }
  flag: { type: boolean, default: "\${{ github.ref == 'x' }}" }
secrets:
  key: { description: A key, required: true }
  other:
outputs:
  version: { description: The version, value: "\${{ jobs.a.outputs.v }}" }
  plain: { value: text }`);
    expect(soundWorkflow(text).callable).toEqual({
      inputs: [
        { name: 'name', type: 'string', required: true, default: null },
        { name: 'count', type: 'number', required: false, default: expect.objectContaining({ num: 3 }) },
        { name: 'flag', type: 'boolean', required: false, default: expect.objectContaining({ type: 3 }) },
      ],
      secrets: [
        { name: 'key', required: true },
        { name: 'other', required: false },
      ],
      outputs: [
        { name: 'version', value: expect.objectContaining({ expr: 'jobs.a.outputs.v' }) },
        { name: 'plain', value: expect.objectContaining({ lit: 'text' }) },
      ],
    });
  });

  it.each([
    ['inputs: { a: { required: true } }', '3:18 Required property is missing: type'],
    ['inputs: { a: { type: choice } }', "3:26 Unexpected value 'choice'"],
    ['inputs: { a: { type: string, options: [x] } }', "3:34 Unexpected value 'options'"],
    ['inputs: { a: { type: string }, A: { type: string } }', "3:36 'A' is already defined"],
    ['inputs: { a: { type: number, default: x } }', "3:43 Unexpected value 'x'"],
    ['inputs: { a: { type: boolean, default: 1 } }', "3:44 Unexpected value '1'"],
    ['inputs: { a: { type: string, required: 1 } }', "3:44 Unexpected value '1'"],
    ['secrets: { a: { type: string } }', "3:21 Unexpected value 'type'"],
    ['outputs: { a: { description: x } }', '3:19 Required property is missing: value'],
    ['nope: 1', "3:5 Unexpected value 'nope'"],
    [
      'secrets: { GitHub_Token: }',
      '3:16 secret name `GitHub_Token` within `workflow_call` can not be used since it would collide with system reserved name',
    ],
  ])('SEM-1.7, 11.4, 11.5, 11.8: refuses %s', (body, expected) => {
    expect(errorsOf(called(body))).toEqual([expected]);
  });
});
