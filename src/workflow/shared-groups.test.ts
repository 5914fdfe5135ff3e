import { describe, expect, it } from 'vitest';
import { calling, FOLDER, link, OWN, ROOT } from '../../test/support/linked-calls.ts';

describe('SEM-8.8: calls into the concurrency group of their own caller', () => {
  const warned = (ofRoot: string, ofCall: string, ofCallee: string, ofInner = ''): boolean => {
    const root = `${ofRoot}\non: push\njobs:\n  call:\n    uses: ./${FOLDER}a.yml\n    ${ofCall}\n`;
    const inner = `  inner:\n    runs-on: x\n    steps: [{ run: x }]\n    ${ofInner}\n`;
    const { errors, warnings } = link(root, { [OWN('a.yml')]: `${ofCallee}\non: workflow_call\njobs:\n${inner}` });
    expect(errors).toEqual([]);
    return warnings.length > 0;
  };
  const GROUP = 'concurrency: "${{ github.workflow }}-${{ github.ref }}"';

  it('warns at the call', () => {
    const root = `${GROUP}\n${calling([`./${FOLDER}a.yml`], 'push')}`;
    const { warnings } = link(root, { [OWN('a.yml')]: `${GROUP}\n${calling([])}` });
    expect(warnings).toEqual([
      { ...{ file: ROOT.path, line: 5, column: 11 }, message: expect.stringContaining('group of its own caller') },
    ]);
  });

  it.each<[string, boolean, [string, string, string, string?]]>([
    ['the same text, ignoring case', true, ['concurrency: Deploy', '', 'concurrency: deploy']],
    ['the same expression', true, [GROUP, '', GROUP.replace('concurrency:', 'concurrency:\n  group:')]],
    ['the group of the calling job', true, ['', 'concurrency: deploy', 'concurrency: deploy']],
    ['the group of an inner job', true, ['concurrency: deploy', '', '', 'concurrency: deploy']],
    ['another text', false, ['concurrency: deploy', '', 'concurrency: build']],
    ['none', false, ['', '', '']],
    ['only of the callee', false, ['', '', 'concurrency: deploy', 'concurrency: other']],
    [
      'an expression of inputs, which differ',
      false,
      ['concurrency: "${{ inputs.x }}"', '', 'concurrency: "${{ inputs.x }}"'],
    ],
  ])('tells %s: %s', (_, expected, texts) => {
    expect(warned(...texts)).toBe(expected);
  });

  it('also looks past the direct caller', () => {
    const root = `concurrency: deploy\n${calling([`./${FOLDER}a.yml`], 'push')}`;
    const texts = {
      [OWN('a.yml')]: calling([`./${FOLDER}b.yml`]),
      [OWN('b.yml')]: `concurrency: deploy\n${calling([])}`,
    };
    expect(link(root, texts).warnings).toMatchObject([{ file: `${FOLDER}a.yml`, line: 4 }]);
  });
});
