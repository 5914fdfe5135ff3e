/** Workflow files made to keep a reader busy: as large as allowed, as deep, as wrong and as repetitive as can be. */
import { Lexer } from 'yaml';

export interface HostileFile {
  name: string;
  /** Some are a megabyte, so they are made when they are needed. */
  text: () => string;
  /** What one of the errors says; `null`: the file is only large, and read without errors. */
  refused: RegExp | null;
}

/** SEM-1.9 */
export const LARGEST_FILE = 1024 * 1024;
const LONGEST_EXPRESSION = 21_000;
/** A little below what a file may hold. */
const MOST_LEXEMES = 245_000;

const JOBS = 'on: push\njobs:\n';
const STEPS = `${JOBS}  a:\n    runs-on: x\n    steps:\n`;
const ONE_JOB = `${STEPS}      - run: x\n`;
const SCRIPT = `${STEPS}      - run: |\n`;
const WITHOUT_EVENT = ONE_JOB.replace('on: push', 'name: x');
const SMALL_JOB = 'runs-on: x, steps: [{ run: x }]';

const TOO_MUCH = /holds too many values/;
const TOO_LONG = /Exceeded max expression length 21000/;
const ANY = /./;

/** Every kind, in files of at most this size. */
export function hostileWorkflows(sizeBytes: number): HostileFile[] {
  const { filled, largest } = fillers(sizeBytes);
  return [
    ...deep(sizeBytes, filled),
    ...aliased(sizeBytes, filled),
    ...longTexts(sizeBytes, filled),
    ...broken(sizeBytes, filled),
    ...wrong(filled, largest),
    ...withExpressions(sizeBytes, filled, largest),
    ...withManyJobs(largest),
    ...withManyValues(largest),
  ];
}

type Filler = (start: string, make: (index: number) => string, end?: string) => string;

/** `filled`: as many pieces as make the size; `largest`: and no more than a file may hold. */
function fillers(sizeBytes: number): { filled: Filler; largest: Filler } {
  const fill = (start: string, make: (index: number) => string, end: string, most: number): string => {
    const pieces = [start];
    let left = sizeBytes - Buffer.byteLength(start + end);
    for (let index = 0; index < most; index++) {
      const piece = make(index);
      left -= Buffer.byteLength(piece);
      if (left < 0) break;
      pieces.push(piece);
    }
    return [...pieces, end].join('');
  };
  return {
    filled: (start, make, end = '') => fill(start, make, end, Number.POSITIVE_INFINITY),
    largest: (start, make, end = '') => {
      const each = [...new Lexer().lex(start + make(9_999) + end)].length - [...new Lexer().lex(start + end)].length;
      return fill(start, make, end, Math.floor(MOST_LEXEMES / each));
    },
  };
}

const times = (count: number, make: (index: number) => string, separator = ''): string =>
  Array.from({ length: Math.max(0, Math.floor(count)) }, (_, index) => make(index)).join(separator);

function deep(size: number, filled: Filler): HostileFile[] {
  const refused = /nested too deeply/;
  return [
    { name: 'brackets', text: () => `on: ${'['.repeat(size - 4)}`, refused },
    { name: 'braces', text: () => `on: ${'{'.repeat(size - 4)}`, refused },
    { name: 'brackets and braces', text: () => filled('on: ', () => '[{a: '), refused },
    { name: 'dashes', text: () => `${'- '.repeat(size / 2 - 1)}x`, refused },
    { name: 'question marks', text: () => `${'? '.repeat(size / 2 - 1)}x`, refused },
    {
      name: 'indentation that grows line by line',
      text: () => times(Math.sqrt(size), (depth) => `${' '.repeat(depth)}a:\n`),
      refused: /nested (too deeply|deeper than 50 levels)/,
    },
    {
      name: '51 levels',
      text: () => `on: ${'['.repeat(51)}${']'.repeat(51)}`,
      refused: /nested deeper than 50 levels/,
    },
    {
      name: '190 levels, again and again',
      text: () => filled('on:\n', () => `- ${'['.repeat(190)}${']'.repeat(190)}\n`),
      refused: /nested deeper than 50 levels|holds too many values/,
    },
  ];
}

/** Anchors, each a list of ten of the one before it. */
const bomb = (levels: number): string =>
  `x0: &x0 x\n${times(levels, (n) => `x${n + 1}: &x${n + 1} [${times(10, () => `*x${n}`, ', ')}]\n`)}`;

function aliased(size: number, filled: Filler): HostileFile[] {
  const refused = /larger than 10 MB once its aliases are expanded/;
  return [
    { name: 'ten levels of ten aliases', text: () => bomb(10), refused },
    {
      name: 'aliases of a long text',
      text: () => `x: &x ${'x'.repeat(size / 2)}\ny: [${times(size / 50, () => '*x', ', ')}]\n`,
      refused,
    },
    {
      name: 'aliases of a job',
      text: () =>
        `${JOBS}  a: &a\n    runs-on: x\n    steps: [{ run: x }]\n${times(size / 120, (n) => `  b${n}: *a\n`)}`,
      refused: null,
    },
    {
      name: 'aliases of a script with expressions',
      text: () =>
        `${STEPS}      - &s { run: "${times(800, () => '${{ github.sha }} ')}" }\n${times(180, () => '      - *s\n')}`,
      refused: null,
    },
    { name: 'anchors', text: () => filled('on:\n', (n) => `- &a${n} x\n`), refused: ANY },
    { name: 'aliases without anchors', text: () => filled('on:\n', (n) => `- *a${n}\n`), refused: ANY },
    { name: 'one anchor, set again and again', text: () => filled('on:\n', () => '- &a x\n- *a\n'), refused: ANY },
    {
      name: 'an alias inside its own anchor',
      text: () => 'on: &a [*a, *a, *a]\njobs: *a\n',
      refused: /refers to itself/,
    },
  ];
}

function longTexts(size: number, filled: Filler): HostileFile[] {
  return [
    { name: 'a long key', text: () => `${'k'.repeat(size - 5)}: x\n`, refused: /at most 1024 chars/ },
    { name: 'a long quoted key', text: () => `"${'k'.repeat(size - 7)}": x\n`, refused: /at most 1024 chars/ },
    { name: 'a long name', text: () => `name: ${'n'.repeat(size - 100)}\n${ONE_JOB}`, refused: null },
    { name: 'a long script', text: () => filled(SCRIPT, () => '          echo hello\n'), refused: null },
    {
      name: 'a long folded script',
      text: () => filled(`${STEPS}      - run: >-\n`, () => '          a\n\n'),
      refused: null,
    },
    {
      name: 'a long plain text',
      text: () => filled(`${STEPS}      - run: a\n`, () => '          b\n'),
      refused: null,
    },
    { name: 'escapes', text: () => filled(`${STEPS}      - run: "`, () => '\\u0041', '"\n'), refused: null },
    { name: 'blanks', text: () => `on: push${' '.repeat(size - 100)}\n`, refused: /missing: jobs/ },
    { name: 'blanks in quotes', text: () => `on: "push${' '.repeat(size - 100)}"\n`, refused: ANY },
    { name: 'line breaks', text: () => '\n'.repeat(size - 1), refused: /empty/ },
    { name: 'line breaks in quotes', text: () => `on: "${'\n'.repeat(size - 100)}"\n`, refused: ANY },
    {
      name: 'blanks before line breaks in quotes',
      text: () => filled('on: "', () => `${' '.repeat(500)}\n`, '"\n'),
      refused: ANY,
    },
    { name: 'short comments', text: () => filled(ONE_JOB, () => '# x\n'), refused: size > 600_000 ? TOO_MUCH : null },
    { name: 'long comments', text: () => filled(ONE_JOB, () => `# ${'x'.repeat(100)}\n`), refused: null },
  ];
}

function broken(size: number, filled: Filler): HostileFile[] {
  const texts: Record<string, () => string> = {
    'an open quote': () => `on: "${'x\n  '.repeat(size / 4 - 5)}`,
    'an open single quote': () => `on: '${"''".repeat(size / 2 - 10)}`,
    'an open list': () => filled('on: [', () => 'a, '),
    'an open mapping': () => filled('on: {', (n) => `a${n}: b, `),
    commas: () => `on: [${','.repeat(size - 10)}]`,
    colons: () => ': '.repeat(size / 2 - 10),
    'colons line by line': () => ':\n'.repeat(size / 2 - 10),
    tags: () => filled('on: ', () => '!a '),
    'anchors without values': () => filled('on: ', () => '&a '),
    tabs: () => filled('on:\n', () => '\t- x\n'),
    'closing brackets': () => `on: ${']'.repeat(size - 10)}`,
    documents: () => filled('', () => '---\nx\n'),
    directives: () => filled('', () => '%A b\n'),
    'ends of documents': () => filled('on: push\n', () => '...\n'),
    NULs: () => '\0'.repeat(size - 10),
    'byte order marks': () => '\ufeff'.repeat(size / 3 - 10),
    'half surrogates': () => `on: "${'\ud800'.repeat(size / 3 - 10)}"`,
    'carriage returns': () => filled('on:\r', () => '- x\r'),
    'tiny lists': () => filled('on: [', () => '[],', ']'),
    'explicit keys': () => filled('on:\n', (n) => `? a${n}\n: x\n`),
    'explicit keys without values': () => filled('', () => '?\n'),
    'lists as keys': () => filled('', (n) => `[a${n}]: x\n`),
    'wrong indentation': () => filled('on: push\n', (n) => `${' '.repeat(n % 7)}a: b\n`),
  };
  return Object.entries(texts).map(([name, text]) => ({ name, text, refused: ANY }));
}

function wrong(filled: Filler, largest: Filler): HostileFile[] {
  const events = (make: (index: number) => string): string => largest('on:\n', make);
  return [
    { name: 'unknown keys', text: () => largest(ONE_JOB, (n) => `    k${n}: x\n`), refused: /Unexpected value/ },
    {
      name: 'one key again and again',
      text: () => largest(ONE_JOB, () => '    name: x\n'),
      refused: /'name' is already defined/,
    },
    { name: 'unknown events', text: () => events((n) => `  e${n}:\n`), refused: /Unexpected value/ },
    {
      name: 'needs of what is not there',
      text: () => largest(`${JOBS}  a: { ${SMALL_JOB} }\n`, (n) => `  j${n}: { ${SMALL_JOB}, needs: nope }\n`),
      refused: /unknown job 'nope'/,
    },
    {
      name: 'wrong expressions',
      text: () => largest(STEPS, () => '      - run: ${{ nope }}\n'),
      refused: /Unrecognized named-value/,
    },
    {
      name: 'a script of wrong expressions',
      text: () => filled(SCRIPT, () => '          ${{ nope }}\n'),
      refused: /Exceeded max expression length|Unrecognized named-value/,
    },
    {
      name: 'scripts of wrong expressions',
      text: () => filled(STEPS, () => `      - run: "${times(1_500, () => '${{a}}')}"\n`),
      refused: /Unrecognized named-value/,
    },
    {
      name: 'long wrong expressions',
      text: () => filled(STEPS, () => `      - run: \${{ ${'('.repeat(20_000)} }}\n`),
      refused: /Exceeded max expression depth/,
    },
    {
      name: 'an expression that is not closed',
      text: () => filled(`${STEPS}      - run: "\${{`, () => " ''", '"\n'),
      refused: ANY,
    },
    {
      name: 'wrong globs',
      text: () => largest(`${WITHOUT_EVENT}on:\n  push:\n    branches:\n`, (n) => `      - 'a${n}[b'\n`),
      refused: /not closed/,
    },
  ];
}

function withExpressions(size: number, filled: Filler, largest: Filler): HostileFile[] {
  const isLong = size > 2 * LONGEST_EXPRESSION;
  const compared = `github.sha${times((LONGEST_EXPRESSION - 100) / 5, () => "=='a'")}`;
  return [
    {
      name: 'an expression of 21,001 characters',
      text: () => `${STEPS}      - run: \${{ ${compared.padEnd(LONGEST_EXPRESSION + 1, '0')} }}\n`,
      refused: TOO_LONG,
    },
    {
      name: 'expressions of 20,900 characters',
      text: () => filled(STEPS, () => `      - run: \${{ ${compared} }}\n`),
      refused: null,
    },
    {
      name: 'conditions of 100 comparisons',
      text: () => filled(STEPS, () => `      - { run: x, if: "${times(100, () => "'a' == 'b'", ' && ')}" }\n`),
      refused: null,
    },
    {
      name: 'a long script with one expression',
      text: () => filled(`${SCRIPT}          \${{ github.sha }}\n`, () => '          echo\n'),
      refused: isLong ? TOO_LONG : null,
    },
    {
      name: 'a script of expressions',
      text: () => filled(SCRIPT, () => '          ${{1}}\n'),
      refused: isLong ? TOO_LONG : null,
    },
    {
      name: 'scripts of 1,200 expressions',
      text: () => filled(STEPS, () => `      - run: |\n${times(1_200, () => '          ${{1}}\n')}`),
      refused: null,
    },
    {
      name: 'scripts with expressions at their end',
      text: () => filled(STEPS, () => `      - run: "${'x'.repeat(14_000)}${times(800, () => '${{1}}')}"\n`),
      refused: null,
    },
    {
      name: 'braces around an expression',
      text: () => `run-name: "${'{'.repeat(10_000)}\${{ github.sha }}${'}'.repeat(10_000)}"\n${ONE_JOB}`,
      refused: TOO_LONG,
    },
    {
      name: 'an expression for each step',
      text: () => largest(STEPS, (n) => `      - { run: "\${{ github.sha == '${n}' }}", if: github.sha == '${n}' }\n`),
      refused: null,
    },
    {
      name: 'expressions as values',
      text: () => largest(`${ONE_JOB}    env:\n`, (n) => `      V${n}: \${{ github.sha }}\n`),
      refused: null,
    },
  ];
}

function withManyJobs(largest: Filler): HostileFile[] {
  const rich = (n: number): string =>
    [`  job-${n}:`, `name: Job number ${n}`, 'runs-on: [self-hosted, linux]', 'steps:']
      .join('\n    ')
      .concat('\n      - uses: actions/checkout@v4\n      - run: make ${{ github.sha }}\n');
  return [
    { name: 'jobs', text: () => largest(JOBS, rich), refused: null },
    {
      name: 'a chain of jobs',
      text: () => largest(JOBS, (n) => `  j${n}: { ${SMALL_JOB}${n > 0 ? `, needs: j${n - 1}` : ''} }\n`),
      refused: null,
    },
    {
      name: 'jobs that all need the first',
      text: () => largest(JOBS, (n) => `  j${n}: { ${SMALL_JOB}${n > 0 ? ', needs: j0' : ''} }\n`),
      refused: null,
    },
    {
      name: 'jobs that need up to 300 before them',
      text: () =>
        largest(JOBS, (n) => `  j${n}: { ${SMALL_JOB}, needs: [${times(Math.min(n, 300), (m) => `j${m}`, ', ')}] }\n`),
      refused: null,
    },
    {
      name: 'a circle of jobs',
      text: () => {
        const circle = (n: number): string => `  j${n}: { ${SMALL_JOB}, needs: j${n === 0 ? 500 : n - 1} }\n`;
        return largest(`${JOBS}  z: { ${SMALL_JOB} }\n`, circle);
      },
      refused: /creates a cycle/,
    },
    { name: 'steps of one job', text: () => largest(STEPS, () => '      - run: x\n'), refused: null },
    {
      name: 'matrices of 256',
      text: () => {
        const matrix = `{ matrix: { a: [${times(256, String, ',')}] } }`;
        return largest(JOBS, (n) => `  j${n}: { ${SMALL_JOB}, strategy: ${matrix} }\n`);
      },
      refused: null,
    },
  ];
}

function withManyValues(largest: Filler): HostileFile[] {
  const matrix = `${ONE_JOB}    strategy:\n      matrix:\n`;
  const numbers = (count: number): string => `[${times(count, String, ',')}]`;
  const inputs = `${WITHOUT_EVENT}on:\n  workflow_dispatch:\n    inputs:\n`;
  const schedule = `${WITHOUT_EVENT}on:\n  schedule:\n`;
  return [
    {
      name: 'labels',
      text: () => largest(`${JOBS}  a:\n    steps: [{ run: x }]\n    runs-on:\n`, (n) => `      - l${n}\n`),
      refused: null,
    },
    {
      name: 'branches',
      text: () => largest(`${WITHOUT_EVENT}on:\n  push:\n    branches:\n`, (n) => `      - 'releases/${n}/**'\n`),
      refused: null,
    },
    {
      name: 'a glob of stars',
      text: () => `${WITHOUT_EVENT}on: { push: { branches: ['${'*a'.repeat(10_000)}'] } }\n`,
      refused: ANY,
    },
    {
      name: '10,000 combinations',
      text: () => `${matrix}        a: ${numbers(100)}\n        b: ${numbers(100)}\n`,
      refused: null,
    },
    {
      name: 'a product of 16 vectors',
      text: () => `${matrix}${times(16, (n) => `        v${n}: ${numbers(16)}\n`)}`,
      refused: null,
    },
    {
      name: 'excludes of a large matrix',
      text: () => {
        const start = `${matrix}        a: ${numbers(255)}\n        b: ${numbers(255)}\n        exclude:\n`;
        return largest(start, (n) => `          - { a: ${n % 255}, b: ${Math.floor(n / 255)} }\n`);
      },
      refused: null,
    },
    {
      name: 'includes of a matrix',
      text: () => largest(`${matrix}        a: [1]\n        include:\n`, (n) => `          - { a: ${n} }\n`),
      refused: null,
    },
    {
      name: 'inputs',
      text: () => largest(inputs, (n) => `      i${n}: { type: choice, options: [a, b] }\n`),
      refused: /up to 25 inputs/,
    },
    {
      name: 'options of an input',
      text: () => largest(`${inputs}      i:\n        type: choice\n        options:\n`, (n) => `          - o${n}\n`),
      refused: null,
    },
    {
      name: 'schedules',
      text: () => largest(schedule, (n) => `    - cron: '${n % 60} ${n % 24} * * *'\n`),
      refused: null,
    },
    {
      name: 'schedules that never come',
      text: () => largest(schedule, () => "    - cron: '0 0 31 2 *'\n"),
      refused: null,
    },
    {
      name: 'long schedules',
      text: () => largest(schedule, () => `    - cron: '${times(5_000, (n) => String(n % 60), ',')} * * * *'\n`),
      refused: ANY,
    },
  ];
}
