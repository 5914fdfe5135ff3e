import { describe, expect, it } from 'vitest';
import { errorsOf, soundWorkflow, withJobs, withSteps } from '../../../test/support/workflow-text.ts';
import { evaluateTemplate } from '../expressions/index.ts';

const scope = {
  contexts: {
    github: { ref: 'main', n: 2, evil: '${{ secrets.X }}' },
    vars: { more: { B: 'b' } },
    inputs: null,
    needs: null,
  },
};

/** Value of a job's `env`, which is a map of texts. */
function envOf(written: string): unknown {
  const names = ['secrets', 'strategy', 'matrix'].map((name) => [name, null]);
  const contexts = { ...scope.contexts, ...Object.fromEntries(names) };
  return evaluateTemplate(soundWorkflow(withJobs({ a: `env: ${written}` })).jobs[0]?.env ?? null, { contexts });
}

describe('values', () => {
  it('SEM-21.1: one expression keeps its type, text around it makes a text', () => {
    const { jobs } = soundWorkflow(withJobs({ a: 'timeout-minutes: ${{ github.n }}\n    name: n ${{ github.n }}!' }));
    expect(jobs[0]?.timeoutMinutes).toMatchObject({ type: 3, expr: 'github.n' });
    expect(jobs[0]?.name).toMatchObject({ type: 3, expr: "format('n {0}!', github.n)" });
    expect(
      evaluateTemplate(jobs[0]?.timeoutMinutes ?? null, {
        contexts: { ...scope.contexts, strategy: null, matrix: null },
      }),
    ).toBe(2);
  });

  it.each<[string, unknown]>([
    ['{ A: text }', { A: 'text' }],
    ['{ A: 1.50, B: 0x10, C: 1e20, D: -0 }', { A: '1.5', B: '16', C: '1E+20', D: '0' }],
    ['{ A: true, B: False }', { A: 'true', B: 'false' }],
    ['{ A: , B: null, C: ~ }', { A: '', B: '', C: '' }],
    ['{ A: "${{ \'{{ plain }}\' }}" }', { A: '{{ plain }}' }],
  ])('SEM-21.2, 21.6: env: %s is made of texts', (written, expected) => {
    expect(envOf(written)).toEqual(expected);
  });

  it.each([
    ['name: [x]', '6:11 A sequence was not expected'],
    ['name: { a: b }', '6:11 A mapping was not expected'],
    ['env: x', "6:10 Unexpected value 'x'"],
    ['env: [x]', '6:10 A sequence was not expected'],
    ['env: { A: { b: c } }', '6:15 A mapping was not expected'],
    ['env: { A: [b] }', '6:15 A sequence was not expected'],
    ['timeout-minutes: soon', "6:22 Unexpected value 'soon'"],
    ["timeout-minutes: '5'", "6:22 Unexpected value '5'"],
    ['continue-on-error: yes', "6:24 Unexpected value 'yes'"],
    ["continue-on-error: 'true'", "6:24 Unexpected value 'true'"],
    ['needs: { a: b }', '6:12 A mapping was not expected'],
    ['needs: [[b]]', '6:13 A sequence was not expected'],
    ['strategy: { matrix: { v: 1 } }', "6:30 Unexpected value '1'"],
    ['outputs: { o: [x] }', '6:19 A sequence was not expected'],
    ['environment: [x]', '6:18 A sequence was not expected'],
  ])('SEM-21.2: refuses %s', (key, expected) => {
    expect(errorsOf(withJobs({ a: key, b: '' }))).toContain(expected);
  });

  it.each([
    ['with: { a: { b: c } }', '7:20 A mapping was not expected'],
    ['with: { a: [b] }', '7:20 A sequence was not expected'],
    ['env: { A: { b: c } }', '7:19 A mapping was not expected'],
  ])('SEM-21.6: refuses an object for %s', (key, expected) => {
    expect(errorsOf(withSteps(`      - uses: a/b@c\n        ${key}\n`))).toEqual([expected]);
  });

  it('SEM-21.6: nothing is an empty text for run, with and env', () => {
    const { jobs } = soundWorkflow(
      withSteps('      - run:\n        env: { A: }\n      - uses: a/b@c\n        with: { i: }\n'),
    );
    const [script, action] = jobs[0]?.steps ?? [];
    expect(script?.run).toMatchObject({ lit: '' });
    expect(evaluateTemplate(script?.env ?? null, scope)).toEqual({ A: '' });
    expect(evaluateTemplate(action?.with ?? null, scope)).toEqual({ i: '' });
  });
});

describe('keys', () => {
  it('SEM-21.3: may be expressions where expressions are allowed', () => {
    expect(envOf('{ "X_${{ github.ref }}": a }')).toEqual({ X_main: 'a' });
    expect(errorsOf('on: push\ndefaults: { "${{ github.ref }}": a }\njobs: {}\n')[0]).toMatch(/^2:13 Unexpected value/);
  });

  it('SEM-21.3: ${{ insert }} splices a mapping into the surrounding one', () => {
    expect(envOf('{ A: a, "${{ insert }}": "${{ vars.more }}", C: c }')).toEqual({ A: 'a', B: 'b', C: 'c' });
  });

  it.each([
    ['name: ${{ insert }}', /6:11 (Unexpected value|The expression directive|The directive 'insert')/],
    ['name: x ${{ insert }}', /6:11 The directive 'insert' is not allowed in this context/],
    ['env: { "a${{ insert }}": x }', /The directive 'insert' is not allowed in this context/],
    ['env: { "${{ insert 1 }}": x }', /Exactly 0 parameter\(s\) were expected following the directive 'insert'/],
  ])('SEM-21.3: refuses %s', (key, expected) => {
    expect(errorsOf(withJobs({ a: key }))[0]).toMatch(expected);
  });
});

it('SEM-21.5: what comes out of an expression is not parsed again', () => {
  expect(envOf('{ A: "${{ github.evil }}", B: "x ${{ github.evil }}" }')).toEqual({
    ...{ A: '${{ secrets.X }}', B: 'x ${{ secrets.X }}' },
  });
});
