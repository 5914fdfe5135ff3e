import { describe, expect, it } from 'vitest';
import { soundWorkflow } from '../../test/support/workflow-text.ts';
import type { Json } from '../protocol/runner/tokens.ts';
import {
  callInputs,
  callOutputs,
  callSecrets,
  type Evaluated,
  type JobConfiguration,
  jobOf,
  readWorkflow,
} from './index.ts';

const FILE = '.github/workflows/callee.yml';
const JOBS = 'jobs: { a: { runs-on: x, steps: [{ run: x }] } }\n';

const callee = (declared: string) => {
  const body = declared.replaceAll('\n', '\n    ');
  const workflow = readWorkflow({ path: FILE, text: `on:\n  workflow_call:\n    ${body}\n${JOBS}` });
  expect(workflow.errors).toEqual([]);
  return workflow;
};

const caller = (keys: string) =>
  soundWorkflow(`on: push\njobs:\n  call:\n    uses: ./${FILE}\n    ${keys.replaceAll('\n', '\n    ')}\n`);

const contexts = {
  github: { ref: 'refs/heads/main', event: { number: 7 } },
  needs: { build: { outputs: { flag: 'true', count: '3', empty: '' } } },
  vars: { REGION: 'eu' },
  inputs: { given: 'from the caller’s caller' },
};

const configuration: JobConfiguration = {
  matrix: { os: 'linux', list: [1] },
  strategy: { 'fail-fast': true, 'job-index': 1, 'job-total': 2, 'max-parallel': 2 },
  nameSuffix: '',
};

/** The value, or the errors as `file line:column message`. */
const told = <T>(evaluated: Evaluated<T>): T | string[] =>
  evaluated.ok
    ? evaluated.value
    : evaluated.errors.map(({ file, line, column, message }) => `${file} ${line}:${column} ${message}`);

function inputs(declared: string, keys: string): Record<string, Json> | string[] {
  const workflow = caller(keys);
  return told(
    callInputs(
      callee(`inputs:\n  ${declared.replaceAll('\n', '\n  ')}`),
      jobOf(workflow, 'call'),
      workflow,
      contexts,
      configuration,
    ),
  );
}

describe('callInputs', () => {
  it('SEM-11.4: what is not given is the default, or nothing of its type', () => {
    const declared = 'a: { type: string }\nb: { type: number }\nc: { type: boolean }\nd: { type: number, default: 2 }';
    expect(inputs(declared, '')).toEqual({ a: '', b: 0, c: false, d: 2 });
  });

  it('SEM-11.4: a default may be an expression over github, inputs and vars', () => {
    const declared = `a: { type: string, default: "\${{ vars.REGION }}-\${{ inputs.given }}" }
b: { type: number, default: "\${{ github.event.number }}" }
c: { type: boolean, default: "\${{ github.ref == 'refs/heads/main' }}" }`;
    expect(inputs(declared, '')).toEqual({ a: 'eu-from the caller’s caller', b: 7, c: true });
  });

  it('SEM-11.4: names ignore case and are as they are declared', () => {
    expect(inputs('Deploy-To: { type: string }', 'with: { DEPLOY-to: x }')).toEqual({ 'Deploy-To': 'x' });
  });

  it.each<[string, string, Json]>([
    ['string', 'text', 'text'],
    ['string', '1.50', '1.5'],
    ['string', 'true', 'true'],
    ['string', 'null', ''],
    ['string', '${{ github.event.number }}', '7'],
    ['string', 'on ${{ matrix.os }}, ${{ strategy.job-index }}', 'on linux, 1'],
    ['string', '${{ needs.build.outputs.nothing }}', ''],
    ['number', '3', 3],
    ['number', "'3'", 3],
    ['number', '${{ needs.build.outputs.count }}', 3],
    ['number', '${{ fromJSON(needs.build.outputs.count) }}', 3],
    ['boolean', 'true', true],
    ['boolean', "'false'", false],
    ['boolean', '${{ fromJSON(needs.build.outputs.flag) }}', true],
    ['boolean', "${{ needs.build.outputs.flag == 'true' }}", true],
  ])('SEM-11.4, 21.2: a %s takes %s', (type, written, expected) => {
    expect(inputs(`i: { type: ${type} }`, `with:\n  i: ${written}`)).toEqual({ i: expected });
  });

  it.each([
    ['string', '${{ matrix }}', 'A mapping was not expected'],
    ['string', '${{ matrix.list }}', 'A sequence was not expected'],
    ['number', '${{ github.ref }}', "Unexpected value 'refs/heads/main'"],
    ['number', '${{ needs.build.outputs.empty }}', "Unexpected value ''"],
    ['number', '${{ github.nothing }}', "Unexpected value ''"],
    ['boolean', '${{ needs.build.outputs.flag }}', "Unexpected value 'true'"],
    ['boolean', '${{ github.nothing }}', "Unexpected value ''"],
    ['boolean', "${{ fromJSON('') }}", 'fromJSON: the text is empty, so it is not JSON'],
  ])('SEM-5.7, 21.2: a %s does not take %s', (type, written, message) => {
    expect(inputs(`i: { type: ${type} }`, `with:\n  i: ${written}`)).toEqual([
      `.github/workflows/ci.yml 6:10 Error when evaluating 'with.i' for job 'call'. ${message}`,
    ]);
  });

  it('SEM-5.7: an error of a default has its place in the called file', () => {
    expect(inputs('i: { type: number, default: "${{ github.ref }}" }', '')).toEqual([
      `${FILE} 4:36 Error when evaluating 'inputs.i.default'. Unexpected value 'refs/heads/main'`,
    ]);
  });

  it('a workflow that declares none gets none', () => {
    const workflow = caller('');
    const called = readWorkflow({ path: FILE, text: `on: workflow_call\n${JOBS}` });
    expect(callInputs(called, jobOf(workflow, 'call'), workflow, contexts, configuration)).toEqual({
      ok: true,
      value: {},
    });
  });
});

function secrets(declared: string, keys: string, own: Record<string, string>): Record<string, string> | string[] {
  const workflow = caller(keys);
  return told(
    callSecrets(callee(`secrets: ${declared}`), jobOf(workflow, 'call'), workflow, contexts, configuration, own),
  );
}

describe('callSecrets', () => {
  const own = { TOKEN: 't', deploy_key: 'k' };

  it('SEM-11.5: inherit passes every secret of the caller, names in upper case', () => {
    expect(secrets('{}', 'secrets: inherit', own)).toEqual({ TOKEN: 't', DEPLOY_KEY: 'k' });
  });

  it('SEM-11.5: without inherit only what is named is passed', () => {
    expect(secrets('{ token: }', '', own)).toEqual({});
    expect(secrets('{ token: , other: }', 'secrets: { Token: "${{ secrets.TOKEN }}", other: plain }', own)).toEqual({
      ...{ TOKEN: 't', OTHER: 'plain' },
    });
  });

  it('SEM-11.5, 22.5: names ignore case, and an empty value drops the name', () => {
    const keys = 'secrets: { a: "${{ secrets.Deploy_Key }}", b: "${{ secrets.MISSING }}", c: "" }';
    expect(secrets('{ a: , b: , c: }', keys, own)).toEqual({ A: 'k' });
  });

  it('SEM-22.4: may look at the contexts of the job', () => {
    const keys = 'secrets: { a: "${{ matrix.os == \'linux\' && secrets.TOKEN || secrets.deploy_key }}" }';
    expect(secrets('{ a: }', keys, own)).toEqual({ A: 't' });
  });

  it('SEM-5.7: an error names the secret and its place, never a value', () => {
    expect(secrets('{ a: }', 'secrets:\n  a: ${{ fromJSON(secrets.TOKEN) }}', { TOKEN: 'hunter2' })).toEqual([
      ".github/workflows/ci.yml 6:10 Error when evaluating 'secrets.a' for job 'call'. What is wrong is not told, because it could show a secret.",
    ]);
  });
});

describe('callOutputs', () => {
  const jobs = { build: { result: 'success', outputs: { v: '1.2' } } };
  const outputs = (declared: string) => told(callOutputs(callee(`outputs:\n  ${declared}`), { ...contexts, jobs }));

  it('SEM-11.8: are texts made of github, jobs, vars and inputs', () => {
    expect(outputs('v: { value: "${{ jobs.build.outputs.v }}" }')).toEqual({ v: '1.2' });
    expect(outputs('v: { value: "${{ vars.REGION }} ${{ inputs.given }} ${{ github.event.number }}" }')).toEqual({
      v: 'eu from the caller’s caller 7',
    });
    expect(outputs('v: { value: "${{ jobs.skipped.outputs.v }}" }')).toEqual({ v: '' });
    expect(outputs('v: { value: "${{ jobs.build.result == \'success\' }}" }')).toEqual({ v: 'true' });
  });

  it('SEM-5.7: an error has its place', () => {
    expect(outputs('v:\n      value: ${{ jobs }}')).toEqual([
      `${FILE} 5:18 Error when evaluating 'outputs.v'. A mapping was not expected`,
    ]);
  });
});
