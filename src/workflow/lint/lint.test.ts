import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LintRequest, lintWorkflows } from './lint.ts';
import { RULES } from './rules/index.ts';
import { FILE, runner, step } from './testing/found-by.ts';

const lint = (over: Partial<LintRequest>) =>
  lintWorkflows({
    ...{ files: [], repository: 'a/b', isComplete: true, runners: null, hasHostedRunners: true },
    ...over,
  });

const BAD = step('run: echo "${{ github.head_ref }}" "${{ matrix.x }}"', 'shell: zsh');

describe('lintWorkflows', () => {
  it('lists findings in the order of the files, by line and column', () => {
    const files = ['b', 'a'].map((name) => ({ path: `.github/workflows/${name}.yml`, text: BAD }));
    const found = lint({ files }).findings.map(({ file, line, column, rule }) => `${file} ${line}:${column} ${rule}`);
    const ofOne = ['6:24 script-injection', '6:49 unknown-matrix', '7:16 unknown-shell'];
    expect(found.map((text) => text.replace(/^\S+\//, ''))).toEqual([
      ...ofOne.map((text) => `b.yml ${text}`),
      ...ofOne.map((text) => `a.yml ${text}`),
    ]);
  });

  it('reports one file, with the others as its surroundings', () => {
    const files = ['a', 'b'].map((name) => ({ path: `${name}.yml`, text: BAD }));
    const report = lint({ files, only: 'b.yml' });
    expect(report.files).toEqual(['b.yml']);
    expect(new Set(report.findings.map(({ file }) => file))).toEqual(new Set(['b.yml']));
  });

  it('leaves out rules that are disabled', () => {
    const files = [{ path: FILE, text: BAD }];
    const rules = lint({ files, disabled: ['script-injection', 'unknown-matrix'] }).findings.map(({ rule }) => rule);
    expect(rules).toEqual(['unknown-shell']);
  });

  it('SEM-1.4: reports what an alias repeats once', () => {
    const text = `on: push
jobs:
  a: &job
    runs-on: x
    steps: [{ run: x, shell: zsh }]
  b: *job
`;
    expect(lint({ files: [{ path: FILE, text }] }).findings).toHaveLength(1);
  });

  it('gives every rule an id, a sentence and a hint of its own', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { id, summary, hint } of RULES) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(summary).toMatch(/^[A-Z].*\.$/);
      expect(hint.length).toBeGreaterThan(10);
    }
  });
});

/** Pieces that mean something to a rule, so that mutations reach far. */
// biome-ignore format: one long list
const PIECES = [
  'on: push\n', 'jobs:\n', '  a:\n', '    needs: a\n', '    runs-on: ', '[self-hosted]\n', '${{ matrix.x }}', '${{', '}}',
  '    strategy: { matrix: { x: [1, {a: b}], include: [{y: 1}] } }\n', '    steps:\n', '      - run: |\n', '          ',
  "${{ github['event'].issue.title || steps.x.outputs.y }}", '    uses: ./.github/workflows/ci.yml\n', '&a ', '*a', '<<: ',
  '    concurrency: g\n', 'on: { workflow_call: { inputs: { x: { type: string } } }, schedule: [{ cron: "* * * * *" }] }\n',
  '    with: { x: "${{ inputs.x }}" }\n', '# switchyard: ignore all\n', '    if: ${{ a }} b\n', '    environment: production\n',
  '\t', '\u2028', '\ud800', '"', "'", '? ', '- ', ': ', '\r\n', '    timeout-minutes: 1e400\n', '!!int ', '\0',
];

const text = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.nat(BAD.length), fc.nat(40), fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom(...PIECES)))
    .map(([start, length, piece]) => BAD.slice(0, start) + piece + BAD.slice(start + length)),
);

describe('lintWorkflows on any text', () => {
  it('never throws, and names places that exist', () => {
    const runners = [runner('a', ['x']), runner('b', ['prod'])];
    fc.assert(
      fc.property(text, text, (one, other) => {
        const files = [
          { path: FILE, text: one },
          { path: '.github/workflows/x.yml', text: other },
        ];
        const enabled = RULES.map(({ id }) => id);
        for (const { file, line, column } of lint({ files, runners, enabled }).findings) {
          const lines = (file === FILE ? one : other).split('\n');
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines.length + 1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 150 },
    );
  });
});
