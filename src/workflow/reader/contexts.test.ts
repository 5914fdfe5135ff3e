import { describe, expect, it } from 'vitest';
import { errorsOf, withJobs } from '../../../test/support/workflow-text.ts';

const CONTEXTS = 'github env vars inputs secrets needs strategy matrix steps job runner jobs'.split(' ');
const STATUS = ['always()', 'cancelled()', 'success()', 'failure()'];
const FUNCTIONS = [...STATUS, "hashFiles('*')"];

/** A place of the table of SEM-22.4: what it allows, and a file with an expression in that place. */
interface Row {
  place: string;
  contexts: string;
  functions?: string[];
  text: (expression: string) => string;
}

const STEPS = '    steps: [{ run: make }]\n';
const JOBS = `jobs:\n  a:\n    runs-on: x\n${STEPS}`;
const job = (key: string) => `on: push\njobs:\n  a:\n    runs-on: x\n    ${key}\n${STEPS}`;
const step = (key: string) => `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: make\n        ${key}\n`;
const call = (key: string) => `on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    ${key}\n`;

const JOB = 'github needs strategy matrix vars inputs';
const RUNNER = `${JOB} job runner env secrets`;
const STEP = `${RUNNER} steps`;

const rows: Row[] = [
  { place: 'run-name', contexts: 'github inputs vars', text: (e) => `on: push\nrun-name: ${e}\n${JOBS}` },
  { place: 'concurrency', contexts: 'github inputs vars', text: (e) => `on: push\nconcurrency: ${e}\n${JOBS}` },
  {
    place: 'concurrency.group',
    contexts: 'github inputs vars',
    text: (e) => `on: push\nconcurrency:\n  group: ${e}\n${JOBS}`,
  },
  {
    place: 'concurrency.cancel-in-progress',
    contexts: 'github inputs vars',
    text: (e) => `on: push\nconcurrency:\n  group: x\n  cancel-in-progress: ${e}\n${JOBS}`,
  },
  { place: 'env', contexts: 'github secrets inputs vars', text: (e) => `on: push\nenv:\n  E: ${e}\n${JOBS}` },
  {
    place: 'on.workflow_call.inputs.*.default',
    contexts: 'github inputs vars',
    text: (e) => `on:\n  workflow_call:\n    inputs:\n      i:\n        type: string\n        default: ${e}\n${JOBS}`,
  },
  {
    place: 'on.workflow_call.outputs.*.value',
    contexts: 'github jobs vars inputs',
    text: (e) => `on:\n  workflow_call:\n    outputs:\n      o:\n        value: ${e}\n${JOBS}`,
  },
  { place: 'jobs.*.if', contexts: 'github needs vars inputs', functions: STATUS, text: (e) => job(`if: ${e}`) },
  {
    place: 'jobs.*.if without marks',
    contexts: 'github needs vars inputs',
    functions: STATUS,
    text: (e) => job(`if: ${e.slice(3, -2)}`),
  },
  {
    place: 'jobs.*.if of a call',
    contexts: 'github needs vars inputs',
    functions: STATUS,
    text: (e) => call(`if: ${e}`),
  },
  { place: 'jobs.*.strategy', contexts: 'github needs vars inputs', text: (e) => job(`strategy: ${e}`) },
  {
    place: 'jobs.*.strategy.matrix',
    contexts: 'github needs vars inputs',
    text: (e) => job(`strategy: { matrix: "${e}" }`),
  },
  {
    place: 'jobs.*.strategy.matrix.*',
    contexts: 'github needs vars inputs',
    text: (e) => job(`strategy: { matrix: { v: "${e}" } }`),
  },
  {
    place: 'jobs.*.strategy.fail-fast',
    contexts: 'github needs vars inputs',
    text: (e) => job(`strategy: { matrix: { v: [1] }, fail-fast: "${e}" }`),
  },
  { place: 'jobs.*.name', contexts: JOB, text: (e) => job(`name: ${e}`) },
  { place: 'jobs.*.runs-on', contexts: JOB, text: (e) => job('').replace('runs-on: x', `runs-on: ${e}`) },
  { place: 'jobs.*.runs-on[*]', contexts: JOB, text: (e) => job('').replace('runs-on: x', `runs-on: [x, "${e}"]`) },
  {
    place: 'jobs.*.runs-on.group',
    contexts: JOB,
    text: (e) => job('').replace('runs-on: x', `runs-on: { group: "${e}" }`),
  },
  { place: 'jobs.*.environment', contexts: JOB, text: (e) => job(`environment: ${e}`) },
  { place: 'jobs.*.environment.name', contexts: JOB, text: (e) => job(`environment: { name: "${e}" }`) },
  { place: 'jobs.*.concurrency', contexts: JOB, text: (e) => job(`concurrency: ${e}`) },
  { place: 'jobs.*.concurrency.group', contexts: JOB, text: (e) => job(`concurrency: { group: "${e}" }`) },
  { place: 'jobs.*.timeout-minutes', contexts: JOB, text: (e) => job(`timeout-minutes: ${e}`) },
  { place: 'jobs.*.cancel-timeout-minutes', contexts: JOB, text: (e) => job(`cancel-timeout-minutes: ${e}`) },
  { place: 'jobs.*.continue-on-error', contexts: JOB, text: (e) => job(`continue-on-error: ${e}`) },
  { place: 'jobs.*.container', contexts: JOB, text: (e) => job(`container: ${e}`) },
  { place: 'jobs.*.container.image', contexts: JOB, text: (e) => job(`container: { image: "${e}" }`) },
  { place: 'jobs.*.services', contexts: JOB, text: (e) => job(`services: ${e}`) },
  { place: 'jobs.*.services.*.image', contexts: JOB, text: (e) => job(`services: { s: { image: "${e}" } }`) },
  { place: 'jobs.*.env', contexts: `${JOB} secrets`, text: (e) => job(`env: { E: "${e}" }`) },
  { place: 'jobs.*.with.*', contexts: JOB, text: (e) => call(`with: { i: "${e}" }`) },
  { place: 'jobs.*.secrets.*', contexts: `${JOB} secrets`, text: (e) => call(`secrets: { s: "${e}" }`) },
  { place: 'jobs.*.defaults.run', contexts: `${JOB} env`, text: (e) => job(`defaults: { run: { shell: "${e}" } }`) },
  {
    place: 'jobs.*.container.credentials',
    contexts: `${JOB} env secrets`,
    text: (e) => job(`container: { image: x, credentials: { username: "${e}" } }`),
  },
  {
    place: 'jobs.*.services.*.credentials',
    contexts: `${JOB} env secrets`,
    text: (e) => job(`services: { s: { image: x, credentials: { password: "${e}" } } }`),
  },
  {
    place: 'jobs.*.container.env.*',
    contexts: RUNNER,
    text: (e) => job(`container: { image: x, env: { E: "${e}" } }`),
  },
  {
    place: 'jobs.*.services.*.env.*',
    contexts: RUNNER,
    text: (e) => job(`services: { s: { image: x, env: { E: "${e}" } } }`),
  },
  { place: 'jobs.*.outputs.*', contexts: STEP, text: (e) => job(`outputs: { o: "${e}" }`) },
  {
    place: 'jobs.*.environment.url',
    contexts: `${JOB} job runner env steps`,
    text: (e) => job(`environment: { name: x, url: "${e}" }`),
  },
  {
    place: 'steps.*.if',
    contexts: `${JOB} job runner env steps`,
    functions: FUNCTIONS,
    text: (e) => step(`if: ${e}`),
  },
  ...['name', 'working-directory', 'continue-on-error', 'timeout-minutes', 'shell', 'env: { E', 'run'].map(
    (key): Row => ({
      place: `steps.*.${key}`,
      contexts: STEP,
      functions: ["hashFiles('*')"],
      text: (e) =>
        key === 'run' ? step('').replace('make', e) : step(`${key}: "${e}"${key.includes('{') ? ' }' : ''}`),
    }),
  ),
  {
    place: 'steps.*.with.*',
    contexts: STEP,
    functions: ["hashFiles('*')"],
    text: (e) => step(`with: { i: "${e}" }`).replace('run: make', 'uses: a/b@c'),
  },
];

/** Places that take literals only. */
const literal: [string, (expression: string) => string][] = [
  ['name', (e) => `on: push\nname: ${e}\n${JOBS}`],
  ['on', (e) => `on: ${e}\n${JOBS}`],
  ['on.push.branches', (e) => `on:\n  push:\n    branches: ["${e}"]\n${JOBS}`],
  ['on.push.paths-ignore', (e) => `on:\n  push:\n    paths-ignore: "${e}"\n${JOBS}`],
  [
    'on.workflow_dispatch.inputs.*.default',
    (e) => `on:\n  workflow_dispatch:\n    inputs: { i: { default: "${e}" } }\n${JOBS}`,
  ],
  ['permissions', (e) => `on: push\npermissions: ${e}\n${JOBS}`],
  ['permissions.*', (e) => `on: push\npermissions: { contents: "${e}" }\n${JOBS}`],
  ['defaults.run', (e) => `on: push\ndefaults: { run: { shell: "${e}" } }\n${JOBS}`],
  ['the id of a job', (e) => `on: push\njobs:\n  ${e}:\n    runs-on: x\n${STEPS}`],
  ['jobs.*.needs', (e) => job(`needs: ${e}`)],
  ['jobs.*.permissions', (e) => job(`permissions: ${e}`)],
  ['jobs.*.uses', (e) => call('').replace('./.github/workflows/b.yml', e)],
  ['jobs.*.with', (e) => call(`with: ${e}`)],
  ['jobs.*.secrets', (e) => call(`secrets: ${e}`)],
  ['steps.*.id', (e) => step(`id: ${e}`)],
  ['steps.*.uses', (e) => step('').replace('run: make', `uses: ${e}`)],
];

/** Whether the value fits its place is another matter. */
const NAME = /Unrecognized (named-value|function)/;

describe('SEM-22.4: contexts and functions', () => {
  it.each(rows)('$place: $contexts, and no other', ({ contexts, text }) => {
    for (const context of CONTEXTS) {
      const errors = errorsOf(text(`\${{ ${context}.x }}`)).filter((error) => NAME.test(error));
      const refusal = `Unrecognized named-value: '${context}'. Located at position 1 within expression: ${context}.x`;
      const expected = contexts.split(' ').includes(context) ? [] : [expect.stringContaining(refusal)];
      expect(errors, context).toEqual(expected);
    }
  });

  it.each(rows)('$place: special functions', ({ functions = [], text }) => {
    for (const call of FUNCTIONS) {
      const errors = errorsOf(text(`\${{ ${call} }}`)).filter((error) => NAME.test(error));
      const refusal = `Unrecognized function: '${call.replace(/\(.*/, '')}'. Located at position 1 within`;
      expect(errors, call).toEqual(functions.includes(call) ? [] : [expect.stringContaining(refusal)]);
    }
  });

  it.each(rows)('$place: every other function, and case()', ({ text }) => {
    const others = ["contains('a', 'b')", "startsWith('a', 'b')", "endsWith('a', 'b')", "format('a')", "join('a')"];
    const more = ["toJSON('a')", "fromJSON('1')", "case(true, 'a', 'b')"];
    for (const call of [...others, ...more]) expect(errorsOf(text(`\${{ ${call} }}`)), call).toEqual([]);
  });

  it.each(literal)('%s: no expression', (_, text) => {
    const refusal =
      /^\d+:\d+ (Unrecognized named-value: 'github'|A template expression is not allowed in this context)/;
    expect(errorsOf(text('${{ github.x }}'))).toContainEqual(expect.stringMatching(refusal));
  });

  it.each(['needs', 'uses'])('says once that %s takes no expression', (key) => {
    const text =
      key === 'needs'
        ? withJobs({ a: '', b: 'needs: ${{ github.x }}' })
        : call('').replace(/\.\/.*/, '${{ github.x }}');
    expect(errorsOf(text)).toEqual([expect.stringContaining("Unrecognized named-value: 'github'")]);
    expect(errorsOf(step('').replace('run: make', 'uses: ${{ github.x }}'))).toHaveLength(1);
  });

  it.each([
    ["github['x']", null],
    ['GITHUB.x', null],
    ['nope.x', "Unrecognized named-value: 'nope'. Located at position 1 within expression: nope.x"],
    [
      'contains(github.x, nope)',
      "Unrecognized named-value: 'nope'. Located at position 20 within expression: contains(github.x, nope)",
    ],
    ['nope(1)', "Unrecognized function: 'nope'. Located at position 1 within expression: nope(1)"],
    [
      "contains('a')",
      "Too few parameters supplied: 'contains'. Located at position 1 within expression: contains('a')",
    ],
    [
      "case(true, 'a')",
      "Too few parameters supplied: 'case'. Located at position 1 within expression: case(true, 'a')",
    ],
    ["contains('a'", "Unexpected end of expression: ''a''. Located at position 10 within expression: contains('a'"],
  ])('SEM-20.4, 20.17: names ignore case, and what is wrong is named with its position: %s', (expression, expected) => {
    const errors = errorsOf(job(`name: x-\${{ github.y }}-\${{ ${expression} }}`));
    expect(errors).toEqual(expected === null ? [] : [`5:29 ${expected}`]);
  });

  it('tells every wrong expression of one text', () => {
    expect(errorsOf(step('name: ${{ one.x }} ${{ github.x }} ${{ two.x }}'))).toEqual([
      "7:15 Unrecognized named-value: 'one'. Located at position 1 within expression: one.x",
      "7:44 Unrecognized named-value: 'two'. Located at position 1 within expression: two.x",
    ]);
  });
});
