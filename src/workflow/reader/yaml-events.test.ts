import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spentMs } from '../../../test/support/thread-time.ts';
import { readWorkflow } from './read-workflow.ts';

const read = (text: string) => readWorkflow({ path: 'ci.yml', text });
const errors = (text: string): string[] =>
  read(text).errors.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('YAML', () => {
  it('SEM-1.4: expands anchors and aliases', () => {
    const workflow = read(`on: push\njobs:\n  a: &job\n    runs-on: x\n    steps: [{ run: make }]\n  b: *job\n`);
    expect(workflow.errors).toEqual([]);
    expect(workflow.jobs.map(({ steps }) => steps.length)).toEqual([1, 1]);
  });

  it.each([
    ['SEM-1.4: a recursive alias', 'on: push\njobs: &j\n  a: *j\n', '3:6 The alias *j refers to itself'],
    ['SEM-1.4: a merge key', 'on: push\n<<: {}\njobs: {}\n', '2:1 Merge keys (<<) are not supported'],
    ['SEM-1.4: an alias without an anchor', 'on: *x\n', '1:5 The alias *x has no anchor before it'],
    ['SEM-1.5: a foreign tag', 'on: !foo push\n', '1:5 Unresolved tag: !foo'],
    ['SEM-1.5: a tag that contradicts its scalar', 'on: !!int push\n', '1:5 Unresolved tag: tag:yaml.org,2002:int'],
    ['broken YAML', 'on: push\njobs: [\n', '3:1 Flow sequence in block collection must be sufficiently indented'],
    ['two documents', 'on: push\n---\non: push\n', '2:1 Source contains multiple documents'],
    ['a mapping as a key', '? {a: b}\n: c\n', '1:3 A key must be a scalar'],
  ])('refuses %s', (_, text, expected) => {
    expect(errors(text)[0]).toMatch(new RegExp(`^${expected.replace(/[*()[\]<!]/g, '\\$&')}`));
  });

  it('SEM-1.9: refuses a 2 MiB file at once', () => {
    const text = `on:\n${'- x\n'.repeat(524_288)}`;
    const start = spentMs();
    expect(errors(text)).toEqual([
      'null:null The file is 2097156 bytes long; a workflow file may have at most 1048576.',
    ]);
    expect(spentMs() - start).toBeLessThan(1000);
  });

  it('SEM-1.9: refuses an alias bomb', () => {
    const level = (name: string, below: string) => `${name}: &${name} [${Array(9).fill(`*${below}`).join(', ')}]\n`;
    const bomb = `a: &a [${Array(9).fill('x').join(', ')}]\n${'bcdefghi'
      .split('')
      .map((name, i) => level(name, 'abcdefgh'.charAt(i)))
      .join('')}`;
    expect(errors(bomb)[0]).toMatch(/The file is larger than 10 MB once its aliases are expanded$/);
  });

  it.each([
    ['brackets', `on: ${'['.repeat(500_000)}`],
    ['dashes', `${'- '.repeat(200_000)}x`],
    ['lines', Array.from({ length: 1_200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['51 levels', `on: ${'['.repeat(51)}${']'.repeat(51)}`],
  ])('SEM-1.9: refuses nesting by %s without falling over', (_, text) => {
    expect(errors(text)[0]).toMatch(/nested (too deeply|deeper than 50 levels)$/);
  });

  it('refuses a megabyte of tiny values before the parser chokes on it', () => {
    expect(errors(`on: [${'[],'.repeat(300_000)}]`)[0]).toMatch(/holds too many values/);
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      'on',
      ': ',
      'push',
      '\n',
      '  ',
      '- ',
      'jobs',
      'a',
      '${{ ',
      ' }}',
      '[',
      ']',
      '{',
      '}',
      '&x ',
      '*x',
      '|',
      '"',
      "'",
      '#',
      '?',
      '!!str ',
      '\t',
      '<<',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const workflow = read(pieces.join(''));
        expect(workflow.errors.length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 300 },
    );
  });
});

describe('places in texts of several lines', () => {
  const script = (lines: string): string => `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n${lines}`;

  it.each([
    ['a literal block', '      - run: |\n          one\n            ${{ nope }}\n', '8:13'],
    ['the first line of one', '      - run: |\n          ${{ nope }}\n', '7:11'],
    ['a literal block with an indentation of its own', '      - run: |2\n            ${{ nope }}\n', '7:13'],
    ['a block that begins with empty lines', '      - run: |\n\n\n          ${{ nope }}\n', '9:11'],
    ['a folded block', '      - run: >-\n          one\n          ${{ nope }}\n', '6:14'],
    ['quotes', '      - run: "one\n          ${{ nope }}"\n', '6:14'],
    [
      'what comes before a block on its line',
      '      - {run: "${{ nope }}", name: "a ${{ github.sha }}\n          b"}\n',
      '6:16',
    ],
    ['each of two aliases', '      - run: &r |\n          ${{ nope }}\n      - run: *r\n', '7:11 7:11'],
  ])('point into %s', (_, lines, expected) => {
    expect(
      errors(script(lines))
        .map((error) => error.split(' ')[0])
        .join(' '),
    ).toBe(expected);
  });

  it('point at the whole value when that is wrong too', () => {
    const text = script('      - run: x\n        timeout-minutes: |\n          a ${{ nope }}\n');
    expect(errors(text)).toEqual([
      expect.stringMatching(/^7:26 Unexpected value 'a /),
      expect.stringMatching(/^8:13 Unrecognized named-value: 'nope'/),
    ]);
  });
});

describe('anchors', () => {
  it('SEM-1.4: an alias means the last anchor of its name before it, also where another alias repeats it', () => {
    const file = `on: push
jobs:
  first:
    runs-on: &where one
    steps: &steps [{ run: *where }]
  second:
    runs-on: &where two
    steps: *steps
  third:
    runs-on: *where
    steps: *steps
`;
    const jobs = read(file).jobs.map(({ runsOn, steps }) => [runsOn, steps[0]?.run]);
    const texts = jobs.map((tokens) => tokens.map((token) => (token as { lit: string }).lit));
    expect(texts).toEqual([
      ['one', 'one'],
      ['two', 'one'],
      ['two', 'one'],
    ]);
  });
});
