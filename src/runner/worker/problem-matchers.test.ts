import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Problem, ProblemMatchers } from './problem-matchers.ts';

let folder: string;
let matchers: ProblemMatchers;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-matchers-'));
  matchers = new ProblemMatchers();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function add(...problemMatcher: unknown[]): string[] {
  const file = join(folder, 'matcher.json');
  writeFileSync(file, JSON.stringify({ problemMatcher }));
  return matchers.add(file);
}

const removed: string[] = [];
const output = {};
const scan = (...lines: string[]): [number, Problem][] => [
  ...matchers.scan(lines, output, (owner) => removed.push(owner)),
];

const COMPILER = {
  owner: 'compiler',
  pattern: [
    {
      regexp: '^(.+):(\\d+):(\\d+): (error|warning): (.+) \\[(\\w+)\\]$',
      file: 1,
      line: 2,
      column: 3,
      severity: 4,
      message: 5,
      code: 6,
    },
  ],
};

describe('SEM-23.8: a problem matcher', () => {
  it('finds file, line, column, severity, message and code in one line, colours left out', () => {
    expect(add(COMPILER)).toEqual(['compiler']);
    expect(scan('fine', '\u001b[31ma.c:3:4: warning: odd [W1]\u001b[0m', 'b.c:1:2: error: bad [E2]')).toEqual([
      [1, { level: 'warning', file: 'a.c', line: 3, column: 4, message: 'odd', code: 'W1', fromPath: undefined }],
      [2, { level: 'failure', file: 'b.c', line: 1, column: 2, message: 'bad', code: 'E2', fromPath: undefined }],
    ]);
  });

  it('SEM-18.6: keeps the lines of steps apart that print at the same time', () => {
    add({
      owner: 'lint',
      pattern: [
        { regexp: '^(\\S+\\.js)$', file: 1 },
        { regexp: '^  (.+)$', message: 1 },
      ],
    });
    const [one, other] = [{}, {}];
    const found = (from: object, line: string) => [...matchers.scan([line], from, () => undefined).values()];
    expect(found(one, 'a.js')).toEqual([]);
    expect(found(other, 'b.js')).toEqual([]);
    expect(found(one, '  first')).toMatchObject([{ file: 'a.js', message: 'first' }]);
    expect(found(other, 'unrelated')).toEqual([]);
    expect(found(other, '  second')).toEqual([]);
  });

  it('takes several lines that follow each other, the last one as often as it comes when it loops', () => {
    const file = { regexp: '^(\\S+\\.js)$', file: 1 };
    add({
      owner: 'lint',
      severity: 'warning',
      pattern: [file, { regexp: '^  (\\d+) (.+)$', line: 1, message: 2, loop: true }],
    });
    const found = scan('a.js', '  1 first', '  2 second', '', '  3 not of any file', 'b.js', 'c.js', '  4 third');
    expect(found.map(([index, { file: name, line, message }]) => [index, name, line, message])).toEqual([
      [1, 'a.js', 1, 'first'],
      [2, 'a.js', 2, 'second'],
      [7, 'c.js', 4, 'third'],
    ]);
  });

  it('goes on over lines that come apart', () => {
    add({
      owner: 'two',
      pattern: [
        { regexp: '^file (.+)$', file: 1 },
        { regexp: '^says (.+)$', message: 1 },
      ],
    });
    expect(scan('file x')).toEqual([]);
    expect(scan('says y')).toMatchObject([[0, { file: 'x', message: 'y', level: 'failure' }]]);
  });

  it('is replaced by one of the same owner, and can be removed', () => {
    add(COMPILER);
    add({ ...COMPILER, pattern: [{ regexp: '^only (.+)$', message: 1 }] });
    expect(scan('a.c:3:4: warning: odd [W1]', 'only this')).toMatchObject([[1, { message: 'this' }]]);
    expect(matchers.remove('compiler')).toBe(true);
    expect(matchers.remove('compiler')).toBe(false);
    expect(matchers.isEmpty).toBe(true);
  });

  it('is removed when its expression takes more than a second for the third time; others go on', () => {
    add({ owner: 'slow', pattern: [{ regexp: '^(a+)+$', message: 1 }] }, COMPILER);
    const hopeless = `${'a'.repeat(40)}!`;
    const found = scan(hopeless, 'a.c:1:1: error: bad [E]', hopeless, hopeless, hopeless, 'a.c:2:1: error: bad [E]');
    expect(found.map(([index]) => index)).toEqual([1, 5]);
    expect(removed).toEqual(['slow']);
  }, 20_000);

  it.each([
    ['no list', {}, /has no list/],
    ['no owner', { problemMatcher: [{ pattern: [] }] }, /no "owner"/],
    ['no pattern', { problemMatcher: [{ owner: 'x' }] }, /x has no "pattern"/],
    [
      'a bad expression',
      { problemMatcher: [{ owner: 'x', pattern: [{ regexp: '(', message: 1 }] }] },
      /Invalid regular expression/,
    ],
    ['no message', { problemMatcher: [{ owner: 'x', pattern: [{ regexp: 'x' }] }] }, /"message"/],
    [
      'a loop before the end',
      {
        problemMatcher: [
          {
            owner: 'x',
            pattern: [
              { regexp: 'x', loop: true },
              { regexp: 'y', message: 0 },
            ],
          },
        ],
      },
      /only the last/,
    ],
    [
      'a severity of its own',
      { problemMatcher: [{ owner: 'x', severity: 'fatal', pattern: [{ regexp: 'x', message: 0 }] }] },
      /"fatal"/,
    ],
  ])('is refused with %s', (_, content, sentence) => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, JSON.stringify(content));
    expect(() => matchers.add(file)).toThrow(sentence);
  });
});
