import { describe, expect, it } from 'vitest';
import { errorsOf, readText, soundWorkflow } from '../../../test/support/workflow-text.ts';

const calling = (uses: string, keys = ''): string => `on: push\njobs:\n  a:\n    uses: ${uses}\n    ${keys}\n`;
const PATH = '.github/workflows/f.yml';

describe('the key uses of a job', () => {
  it.each([
    [`./${PATH}`, { repository: null, path: PATH, ref: null }],
    [`$/${PATH}`, { repository: null, path: PATH, ref: null }],
    [`./.github/workflows/f.yaml`, { repository: null, path: '.github/workflows/f.yaml', ref: null }],
    [`octo/lib/${PATH}@v1`, { repository: 'octo/lib', path: PATH, ref: 'v1' }],
    [`octo/.github/${PATH}@feature/x`, { repository: 'octo/.github', path: PATH, ref: 'feature/x' }],
    [`octo/lib/${PATH}@refs/heads/main`, { repository: 'octo/lib', path: PATH, ref: 'refs/heads/main' }],
    [`octo/lib/${PATH}@0123456789abcdef0123456789abcdef01234567`, { ref: '0123456789abcdef0123456789abcdef01234567' }],
  ])('SEM-11.1: takes %s', (uses, reference) => {
    const { call, steps } = soundWorkflow(calling(uses)).jobs[0] ?? {};
    expect(call).toMatchObject({ uses, reference, line: 4, column: 11 });
    expect(steps).toEqual([]);
  });

  it.each([
    ['./f.yml', "local workflow references must be rooted in '.github/workflows'"],
    ['./.github/workflows/../x.yml', 'workflows must be defined at the top level of the .github/workflows/ directory'],
    ['./.github/workflows/a/f.yml', 'workflows must be defined at the top level of the .github/workflows/ directory'],
    ['./.github/workflows/f.txt', "workflow file should have either a '.yml' or '.yaml' file extension"],
    ['./.github/workflows/.yml', 'invalid workflow file name'],
    [`./${PATH}@v1`, 'cannot specify version when calling local workflows'],
    ['$/f.yml', "self repository workflow references must be rooted in '.github/workflows'"],
    [`$/${PATH}@v1`, 'cannot specify version when calling self repository workflows'],
    ['f.yml', "references to workflows must be prefixed with format 'owner/repository/' or './' for local workflows"],
    [`lib/${PATH}@v1`, "references to workflows must be rooted in '.github/workflows'"],
    ['octo/lib/f.yml@v1', "references to workflows must be rooted in '.github/workflows'"],
    [`octo/lib/${PATH}`, 'no version specified'],
    [`octo/lib/${PATH}@`, 'no version specified'],
    ['octo/lib/.github/workflows/f@v1', "workflow file should have either a '.yml' or '.yaml' file extension"],
    [`octo/lib/${PATH}@v 1`, "invalid character ' ' in version"],
    [`octo/lib/${PATH}@v1..2`, "invalid character '..' in version"],
    [`octo/lib/${PATH}@v1.`, "version cannot begin or end with a slash '/' or a dot '.'"],
    [`octo/lib/${PATH}@a.lock`, 'invalid version: a.lock'],
    [`octo/lib/${PATH}@a//b`, 'invalid version: a//b'],
  ])('SEM-11.1: refuses %s', (uses, problem) => {
    expect(errorsOf(calling(`"${uses}"`))).toEqual([`4:11 invalid value workflow reference: ${problem}`]);
    expect(readText(calling(`"${uses}"`)).jobs[0]?.call).toBeNull();
  });

  it('keeps inputs and secrets for when the job is ready', () => {
    const { call } =
      soundWorkflow(calling(`./${PATH}`, 'with: { v: "${{ matrix.v }}" }\n    secrets: inherit')).jobs[0] ?? {};
    expect(call).toMatchObject({ with: { map: [{ Value: { expr: 'matrix.v' } }] }, secrets: 'inherit' });
    expect(soundWorkflow(calling(`./${PATH}`)).jobs[0]?.call).toMatchObject({ with: null, secrets: null });
  });

  it('SEM-11.5: secrets are a map or inherit', () => {
    expect(errorsOf(calling(`./${PATH}`, 'secrets: all'))).toEqual(["5:14 Unexpected value 'all'"]);
    expect(errorsOf(calling(`./${PATH}`, 'secrets: { a: { b: c } }'))).toEqual(['5:19 A mapping was not expected']);
  });

  it('is null for a job with steps', () => {
    expect(readText('on: push\njobs: { a: { runs-on: x, steps: [{ run: x }] } }').jobs[0]?.call).toBeNull();
  });
});
