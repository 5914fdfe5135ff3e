import { describe, expect, it } from 'vitest';
import { OfficialJobs, stepsOf } from './official-jobs.ts';
import { officialRunner } from './official-runner.ts';

const jobs = new OfficialJobs();

const MAIN = `const fs = require('node:fs');
console.log('main', process.env.INPUT_WHO, process.env['INPUT_WITH-DASH'], process.env.GITHUB_ACTION_REPOSITORY, __dirname);
fs.appendFileSync(process.env.GITHUB_OUTPUT, 'said=hello ' + process.env.INPUT_WHO + '\\n');
fs.appendFileSync(process.env.GITHUB_STATE, 'kept=since main\\n');
fs.appendFileSync(process.env.GITHUB_STEP_SUMMARY, '# Greeted\\n');
`;

const GREET = {
  'action.yml': `name: Greet
inputs: { who: { default: '\${{ github.actor }}' }, with-dash: { default: dash } }
outputs: { said: { description: what was said } }
runs: { using: node20, pre: pre.js, main: main.js, post: post.js, post-if: success() }
`,
  'pre.js': 'console.log("pre", process.env.INPUT_WHO)',
  'main.js': MAIN,
  'post.js': 'console.log("post", process.env.STATE_kept)',
};

/** Uses the other, of another repository, twice, and hands its output on. */
const BOTH = {
  'deep/action.yml': `name: Both
inputs: { name: { required: true } }
outputs: { all: { value: '\${{ steps.one.outputs.said }}, \${{ steps.two.outputs.line }}' } }
runs:
  using: composite
  steps:
    - { id: one, uses: me/greet@v1, with: { who: '\${{ inputs.name }}' } }
    - { id: two, shell: bash, run: 'echo "line=$(cat "$GITHUB_ACTION_PATH/../word")" >> "$GITHUB_OUTPUT"' }
    - { if: failure(), shell: bash, run: echo never-$((40 + 2)) }
`,
  word: 'a word',
};

describe.skipIf(!officialRunner)('actions of other repositories on the official runner', () => {
  it('SEM-17.5, 17.9, 17.12: JavaScript with pre, post, state and outputs; a composite of a folder that uses it', async () => {
    await jobs.pushAction('me/greet', GREET);
    await jobs.pushAction('me/both', BOTH);
    const { run, job, log } = await jobs.run(`    steps:
      - { id: greet, uses: me/greet@v1, with: { who: Ada } }
      - { id: both, uses: me/both/deep@v1, with: { name: Bob } }
      - run: echo "outputs [\${{ steps.greet.outputs.said }}] [\${{ steps.both.outputs.all }}]"
`);
    expect(run.conclusion, log).toBe('success');
    expect(stepsOf(job)).toEqual([
      'Pre Run me/greet@v1: success',
      'Pre Run me/both/deep@v1: success',
      'Run me/greet@v1: success',
      'Run me/both/deep@v1: success',
      'Run echo "outputs [hello Ada] [hello Bob, a word]": success',
      'Post Run me/both/deep@v1: success',
      'Post Run me/greet@v1: success',
    ]);
    expect(log).toMatch(/^Download action repository 'me\/both@v1' \(SHA:[0-9a-f]{40}\)$/m);
    expect(log).toMatch(/^main Ada dash me\/greet \S+\/_work\/_actions\/me\/greet\/v1$/m);
    expect(log).toContain('outputs [hello Ada] [hello Bob, a word]');
    expect(log.match(/^post since main$/gm)).toHaveLength(2);
    expect(log).not.toContain('never-42');
  });

  it('SEM-17.1: `$/` is the repository of the file that says it, also in a composite', async () => {
    const own = `name: Own
runs:
  using: composite
  steps:
    - uses: $/inner
`;
    const inner = (text: string): string =>
      `name: Inner\nruns:\n  using: composite\n  steps:\n    - { run: echo inner of ${text}, shell: sh }\n`;
    await jobs.pushAction('me/own', { 'action.yml': own, 'inner/action.yml': inner('me-own') });
    const files = { 'inner/action.yml': inner('me-app') };
    const { run, log } = await jobs.run('    steps:\n      - uses: $/inner\n      - uses: me/own@v1\n', {}, files);
    expect(run.conclusion, log).toBe('success');
    expect(log.match(/^inner of .*$/gm)).toEqual(['inner of me-app', 'inner of me-own']);
  });
});
