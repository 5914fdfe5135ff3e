import { describe, expect, it } from 'vitest';
import {
  errorsOf,
  readText,
  soundWorkflow,
  WORKFLOW_PATH,
  withJobs,
  withSteps,
} from '../../../test/support/workflow-text.ts';
import { expandMatrix } from '../index.ts';

/** What a scalar of the file is, seen through a matrix, which takes every type. */
function scalarOf(written: string): unknown {
  const workflow = soundWorkflow(withJobs({ a: `strategy: { matrix: { v: [${written}] } }` }));
  const expanded = expandMatrix(workflow, 'a', {});
  return expanded.ok ? (expanded.value[0]?.matrix as { v: unknown }).v : expanded.errors;
}

describe('scalars', () => {
  it.each<[string, unknown]>([
    ...['true', 'True', 'TRUE', '!!bool true'].map((text): [string, unknown] => [text, true]),
    ...['false', 'False', 'FALSE'].map((text): [string, unknown] => [text, false]),
    ...['null', 'Null', 'NULL', '~', '!!null ~'].map((text): [string, unknown] => [text, null]),
    ...['on', 'off', 'yes', 'no', 'y', 'n', 'tRue', 'NaN', '='].map((text): [string, unknown] => [text, text]),
    ...['1_000', '2001-01-01', '1:30', '0b1'].map((text): [string, unknown] => [text, text]),
    ['"true"', 'true'],
    ["'null'", 'null'],
    ['!!str 12', '12'],
    ['12', 12],
    ['-12', -12],
    ['+12', 12],
    ['017', 17],
    ['0o17', 15],
    ['0x1F', 31],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1.2E-1', 0.12],
    ['!!float 1', 1],
    ['.inf', Number.POSITIVE_INFINITY],
    ['-.Inf', Number.NEGATIVE_INFINITY],
  ])('SEM-1.3: %s is %j', (written, expected) => {
    expect(scalarOf(written)).toEqual(expected);
  });

  it('SEM-1.3: .nan is a number', () => {
    expect(scalarOf('.nan')).toBeNaN();
  });

  it('SEM-1.3: `on` is a key, and nothing after a key is null', () => {
    const workflow = soundWorkflow(`on:\n  push:\n${withJobs({ a: '' }).slice('on: push\n'.length)}`);
    expect(workflow.triggers).toEqual([{ event: 'push' }]);
  });
});

describe('anchors and tags', () => {
  it('SEM-1.4: an alias is what its anchor is, also as a key and inside itself', () => {
    const text = `on: push
jobs:
  a: &job
    runs-on: x
    env: &env { A: &value one }
    steps: &steps
      - run: echo
        env: *env
      - { run: *value }
  b: *job
  c:
    runs-on: *value
    needs: [a, b]
    steps: *steps
`;
    const { jobs } = soundWorkflow(text);
    expect(jobs.map(({ key, steps }) => [key, steps.length])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 2],
    ]);
    expect(jobs[2]?.runsOn).toMatchObject({ lit: 'one' });
  });

  it('SEM-1.4: a later anchor of the same name takes the place of the earlier', () => {
    const { jobs } = soundWorkflow(withSteps('      - &s { run: one }\n      - &s { run: two }\n      - *s\n'));
    expect(jobs[0]?.steps.map(({ run }) => run)).toMatchObject([{ lit: 'one' }, { lit: 'two' }, { lit: 'two' }]);
  });

  it('SEM-1.4: errors in what an anchor holds are told where it is used', () => {
    expect(errorsOf(withSteps('      - &s { run: one, nope: 1 }\n      - *s\n'))).toEqual([
      "6:24 Unexpected value 'nope'",
      "6:24 Unexpected value 'nope'",
    ]);
  });

  it.each([
    ['a merge key', 'env: { <<: { A: b } }', /^6:12 Merge keys \(<<\) are not supported/],
    [
      'a merge key with an alias',
      'env: &e { A: b }\n    defaults: { <<: *e }',
      /^7:17 Merge keys \(<<\) are not supported/,
    ],
  ])('SEM-1.4: refuses %s with a sentence', (_, key, expected) => {
    expect(errorsOf(withJobs({ a: key }))[0]).toMatch(expected);
  });

  it('SEM-1.4: a quoted << is an ordinary key', () => {
    expect(errorsOf(withJobs({ a: "env: { '<<': b }" }))).toEqual([]);
  });

  it('SEM-1.4, 1.9: what aliases stand for counts towards the size of a file', () => {
    const big = `env: &e { A: ${'x'.repeat(10_000)} }`;
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`j${n}`, 'env: *e']));
    expect(errorsOf(withJobs({ a: big, ...many(200) }))).toEqual([]);
    expect(errorsOf(withJobs({ a: big, ...many(600) }))).toEqual([
      expect.stringMatching(/The file is larger than 10 MB once its aliases are expanded$/),
    ]);
  });

  it('SEM-1.4, 1.9: what aliases stand for counts towards the depth of a file', () => {
    const nest = (levels: number, inner: string) => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`;
    const text = (levels: number) =>
      `on: push\nx: &x ${nest(levels, '1')}\ny: &y ${nest(levels, '*x')}\nz: ${nest(levels, '*y')}\n`;
    expect(errorsOf(text(5))[0]).not.toMatch(/nested/);
    expect(errorsOf(text(20))).toEqual([expect.stringMatching(/nested deeper than 50 levels$/)]);
  });

  it.each([
    ['!foo x', '6:16 Unresolved tag: !foo'],
    ['!!timestamp 2001-01-01', '6:16 Unresolved tag: tag:yaml.org,2002:timestamp'],
    ['!!binary aGk=', '6:16 Unresolved tag: tag:yaml.org,2002:binary'],
    ['!!int x', '6:16 Unresolved tag: tag:yaml.org,2002:int'],
    ['!!bool 1', '6:16 Unresolved tag: tag:yaml.org,2002:bool'],
    ['!!int "3"', "6:21 The style of the scalar is not valid with the tag 'tag:yaml.org,2002:int'"],
    ["!!bool 'true'", "6:22 The style of the scalar is not valid with the tag 'tag:yaml.org,2002:bool'"],
  ])('SEM-1.5: refuses %s', (written, expected) => {
    expect(errorsOf(withJobs({ a: `env: { A: ${written} }` }))).toContain(expected.replace(':16 ', ':15 '));
  });
});

describe('keys', () => {
  it.each([
    ['of the root', 'env: {}\nENV: {}\n', /^2:1 'ENV' is already defined/],
    ['of a map', 'env: { Path: a, PATH: b }\n', /^1:17 'PATH' is already defined/],
  ])('SEM-1.6: two that differ in case are one key, %s', (_, text, expected) => {
    expect(errorsOf(`${text}${withJobs({ a: '' })}`)[0]).toMatch(expected);
  });

  it.each([
    'name: n',
    'description: d',
    'run-name: r',
    'permissions: {}',
    'env: {}',
    'defaults: { run: { shell: sh } }',
    'concurrency: g',
  ])('SEM-1.11: the root takes %s', (key) => {
    expect(errorsOf(`${key}\n${withJobs({ a: '' })}`)).toEqual([]);
  });

  it.each([
    ['root', 'nope: 1\non: push\njobs: {}\n', "1:1 Unexpected value 'nope'"],
    ['defaults', `defaults: { walk: 1 }\n${withJobs({ a: '' })}`, "1:13 Unexpected value 'walk'"],
    [
      'event',
      `${withJobs({ a: '' }).replace('on: push', 'on: { push: { nope: 1 } }')}`,
      "1:15 Unexpected value 'nope'",
    ],
    ['container', withJobs({ a: 'container: { image: x, nope: 1 }' }), "6:28 Unexpected value 'nope'"],
    ['environment', withJobs({ a: 'environment: { name: x, nope: 1 }' }), "6:29 Unexpected value 'nope'"],
    ['strategy', withJobs({ a: 'strategy: { nope: 1 }' }), "6:17 Unexpected value 'nope'"],
  ])('SEM-1.7: an unknown key in %s is an error', (_, text, expected) => {
    expect(errorsOf(text)).toContain(expected);
  });

  it('SEM-1.7: but not in a workflow_dispatch and its inputs, whose values may also be missing', () => {
    const on = 'on: { workflow_dispatch: { nope: 1, inputs: { a: { nope: 1, type: string }, b: } } }';
    const workflow = soundWorkflow(withJobs({ a: '' }).replace('on: push', on));
    expect(workflow.triggers?.[0]?.inputs).toMatchObject([
      { name: 'a', type: 'string' },
      { name: 'b', type: 'string', required: false, default: null },
    ]);
    expect(errorsOf(withJobs({ a: '' }).replace('on: push', 'on: { workflow_dispatch: { inputs: } }'))).toEqual([]);
  });
});

describe('errors', () => {
  it('SEM-1.8: are cut at 500 characters', () => {
    const [error] = readText(withJobs({ a: `name: \${{ ${'x'.repeat(600)} }}` })).errors;
    expect(error).toMatchObject({ file: WORKFLOW_PATH, line: 6, column: 11 });
    expect(error?.message).toHaveLength(505);
    expect(error?.message).toMatch(/^Unrecognized named-value: 'x+\[\.\.\.\]$/);
  });

  it('SEM-1.8: are at most 10, in the order of the file', () => {
    const steps = Array.from({ length: 30 }, (_, n) => `      - { run: x, id: ${n} }\n`).join('');
    const lines = readText(withSteps(steps)).errors.map(({ line }) => line);
    expect(lines).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('SEM-1.9: a file of one megabyte is read, and one byte more is refused', () => {
    const text = withJobs({ a: '' });
    const padded = (bytes: number) => `${text}#${'ä'.repeat((bytes - Buffer.byteLength(text) - 1) / 2)}`.padEnd(0);
    const full = padded(1024 * 1024 - ((1024 * 1024 - Buffer.byteLength(text) - 1) % 2));
    expect(errorsOf(full)).toEqual([]);
    expect(errorsOf(`${full}##`)[0]).toMatch(/a workflow file may have at most 1048576\.$/);
  });
});
