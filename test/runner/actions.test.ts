import { describe, expect, it } from 'vitest';
import { ActionJobs } from './action-jobs.ts';

const jobs = new ActionJobs();

const say = (text: string): string => `console.log(${text});`;

describe('a JavaScript action', () => {
  const GREET = `
name: Greet
inputs:
  who: { default: 'you of \${{ github.repository }}' }
  old-name: { deprecationMessage: use who }
runs: { using: node20, pre: pre.js, main: main.js, post: post.js }
`;

  it('SEM-17.3 to 17.6, 15.1: gets inputs, state and paths; pre comes first, post last, newest first', async () => {
    const save = "const fs = require('node:fs');";
    await jobs.push('me/greet', {
      'action.yml': GREET,
      'pre.js': `${save} fs.appendFileSync(process.env.GITHUB_STATE, 'early=1\\n'); ${say('"pre of " + process.env.INPUT_WHO')}`,
      'main.js': `${save} fs.appendFileSync(process.env.GITHUB_OUTPUT, 'greeting=hello ' + process.env.INPUT_WHO + '\\n');
        fs.appendFileSync(process.env.GITHUB_STATE, 'who=' + process.env.INPUT_WHO + '\\n');
        ${say('JSON.stringify([process.env.STATE_early, process.env.GITHUB_ACTION_REPOSITORY, process.env.GITHUB_ACTION_REF, process.env.GITHUB_ACTION_PATH === __dirname, process.cwd() === process.env.GITHUB_WORKSPACE, Boolean(process.env.ACTIONS_RUNTIME_TOKEN), process.env["INPUT_OLD-NAME"]])')}`,
      'post.js': say('"post for " + process.env.STATE_who + process.env.STATE_early'),
    });
    const { steps, log, run } = await jobs.run(`
      - { id: one, uses: me/greet@v1, with: { old-name: x, odd: y } }
      - { run: 'echo "got \${{ steps.one.outputs.greeting }}"' }
      - { name: Second, uses: me/greet@v1, with: { who: Bob } }
`);
    expect(run.conclusion, log).toBe('success');
    expect(steps).toEqual([
      'Pre Run me/greet@v1: success',
      'Pre Second: success',
      'Run me/greet@v1: success',
      'Run echo "got ${{ steps.one.outputs.greeting }}": success'.replace(
        '${{ steps.one.outputs.greeting }}',
        'hello you of me/app',
      ),
      'Second: success',
      'Post Second: success',
      'Post Run me/greet@v1: success',
    ]);
    expect(log).toContain('["1","me/greet","v1",true,true,true,"x"]');
    expect(log).toContain('got hello you of me/app');
    expect(log).toMatch(/post for Bob1[\s\S]*post for you of me\/app1/);
    expect(log).toContain("Unexpected input(s) 'odd', valid inputs are ['who', 'old-name']");
    expect(log).toContain("Input 'old-name' has been deprecated with message: use who");
  });

  it('SEM-17.5: has no post when its main was skipped, and has one when its main failed', async () => {
    await jobs.push('me/greet', {
      'action.yml': GREET.replace('pre: pre.js, ', ''),
      'main.js': 'process.exit(3)',
      'post.js': say('"cleaned"'),
    });
    const { steps, log } = await jobs.run(`
      - { name: Skipped, if: false, uses: me/greet@v1 }
      - { name: Fails, uses: me/greet@v1 }
`);
    expect(steps).toEqual(['Skipped: skipped', 'Fails: failure', 'Post Fails: success']);
    expect(log).toContain('Process completed with exit code 3.');
    expect(log).toContain('cleaned');
  });

  it('lies in a folder of its repository, or in the workspace (SEM-17.1)', async () => {
    const manifest = 'name: x\nruns: { using: node20, main: main.js }';
    await jobs.push('me/many', { 'sub/dir/action.yml': manifest, 'sub/dir/main.js': say('"from a folder"') });
    const { log, run } = await jobs.run(
      `
      - uses: actions/checkout@v4
      - uses: me/many/sub/dir@v1
      - uses: ./.github/actions/local
`,
      { '.github/actions/local/action.yaml': manifest, '.github/actions/local/main.js': say('"from the workspace"') },
    );
    expect(run.conclusion, log).toBe('success');
    expect(log).toContain('from a folder');
    expect(log).toContain('from the workspace');
  });

  it('stays there when an action of the workspace brings others later', async () => {
    const manifest = 'name: x\nruns: { using: node20, main: main.js, post: main.js }';
    await jobs.push('me/first', { 'action.yml': manifest, 'main.js': say('"first ran"') });
    await jobs.push('me/second', { 'action.yml': manifest, 'main.js': say('"second ran"') });
    const local = `name: y
runs:
  using: composite
  steps:
    - uses: me/first@v1
    - uses: me/second@v1
`;
    const steps = '      - uses: actions/checkout@v4\n      - uses: me/first@v1\n      - uses: ./local\n';
    const { log, run } = await jobs.run(steps, { 'local/action.yml': local });
    expect(run.conclusion, log).toBe('success');
    expect(log.match(/^first ran$/gm)).toHaveLength(4);
    expect(log.match(/^second ran$/gm)).toHaveLength(2);
  });
});

describe('a composite action', () => {
  const OUTER = `
name: Outer
inputs: { level: { default: low } }
outputs: { told: { value: '\${{ steps.inner.outputs.told }}' } }
runs:
  using: composite
  steps:
    - id: inner
      uses: me/inner@v1
      with: { text: '\${{ inputs.level }}-\${{ github.ref_name }}' }
    - run: echo "env is $LEVEL, path is $(basename "$GITHUB_ACTION_PATH")" && echo "LATER=yes" >> "$GITHUB_ENV"
      shell: bash
      env: { LEVEL: '\${{ inputs.level }}' }
    - if: failure()
      run: echo "not seen"
      shell: sh
`;
  const INNER = `
name: Inner
inputs: { text: { required: true } }
outputs: { told: { value: 'told \${{ steps.say.outputs.said }}' } }
runs:
  using: composite
  steps:
    - { id: say, shell: bash, run: 'echo "said=$TEXT" >> "$GITHUB_OUTPUT"', env: { TEXT: '\${{ inputs.text }}' } }
`;

  it('SEM-17.9, 17.10, 17.12: nests, with inputs, env, outputs and steps of its own', async () => {
    await jobs.push('me/outer', { 'action.yml': OUTER });
    await jobs.push('me/inner', { 'action.yml': INNER });
    const { log, run, steps } = await jobs.run(`
      - { id: outer, uses: me/outer@v1, with: { level: high } }
      - run: echo "\${{ steps.outer.outputs.told }}, later $LATER, inner [\${{ steps.inner.outputs.told }}]"
`);
    expect(run.conclusion, log).toBe('success');
    expect(steps[0]).toBe('Run me/outer@v1: success');
    expect(log).toMatch(/env is high, path is v1/);
    expect(log).toContain('told high-main, later yes, inner []');
    expect(log).not.toMatch(/^not seen$/m);
    expect(log).toContain('Run echo "not seen": Skipped because its condition `failure()` was false.');
  });

  it('SEM-17.11: skips what follows a failure unless its condition says otherwise, and fails', async () => {
    const failing = `
name: Failing
runs:
  using: composite
  steps:
    - { run: exit 2, shell: bash, continue-on-error: true }
    - { run: 'echo "went on, \${{ github.action_status }}"', shell: bash }
    - { run: exit 4, shell: bash }
    - { run: echo "never", shell: bash }
    - { run: 'echo "clean up after \${{ github.action_status }}"', shell: bash, if: failure() }
    - { run: echo "in any case", shell: bash, if: always() }
`;
    await jobs.push('me/failing', { 'action.yml': failing });
    const { log, steps } = await jobs.run('      - { name: It, uses: me/failing@v1 }\n');
    expect(steps).toEqual(['It: failure']);
    expect(log).toContain('went on, success');
    expect(log).not.toMatch(/^never$/m);
    expect(log).toContain(
      'Run echo "never": Skipped because its condition `success()` was false: an earlier step of the action failed.',
    );
    expect(log).toContain('clean up after failure');
    expect(log).toContain('in any case');
  });

  it('SEM-17.13: runs pre and post of the actions in it', async () => {
    const js = 'name: x\nruns: { using: node20, pre: pre.js, main: main.js, post: post.js }';
    await jobs.push('me/js', {
      'action.yml': js,
      'pre.js': say('"inner pre"'),
      'main.js': say('"inner main"'),
      'post.js': say('"inner post"'),
    });
    await jobs.push('me/wrap', { 'action.yml': 'name: w\nruns: { using: composite, steps: [{ uses: me/js@v1 }] }' });
    const { steps, log } = await jobs.run('      - { name: Wrap, uses: me/wrap@v1 }\n      - run: echo between\n');
    expect(steps).toEqual(['Pre Wrap: success', 'Wrap: success', 'Run echo between: success', 'Post Wrap: success']);
    expect(log).toMatch(/inner pre[\s\S]*inner main[\s\S]*between[\s\S]*inner post/);
  });
});

describe('an action that cannot be run fails "Set up job"', () => {
  const failed = async (uses: string, sentence: string | RegExp): Promise<void> => {
    const { run, log, steps } = await jobs.run(`      - { name: It, uses: '${uses}' }\n`);
    expect(run.conclusion).toBe('failure');
    expect(steps).toEqual(['It: skipped']);
    expect(log).toMatch(sentence);
  };

  it('because its repository does not exist', () => failed('me/none@v1', /no repository me\/none/));

  it('because it has no manifest', async () => {
    await jobs.push('me/empty', { 'README.md': 'nothing' });
    await failed('me/empty@v1', /Can't find 'action.yml', 'action.yaml' or 'Dockerfile'/);
  });

  it.each([
    [
      'SEM-17.9: a run step of a composite has no shell',
      'runs: { using: composite, steps: [{ run: ls }] }',
      /step 1 needs "shell"/,
    ],
    ['it is not YAML', 'runs: [', /is not YAML/],
    ['it uses what no runner has', 'runs: { using: perl, main: x }', /"runs.using" is "perl"/],
    ['its expression names secrets', "runs: { using: composite, steps: [{ run: 'echo ${{', shell: sh }] }", /closing/],
  ])('because %s', async (_, manifest, sentence) => {
    await jobs.push('me/bad', { 'action.yml': `name: Bad\n${manifest}\n` });
    await failed('me/bad@v1', sentence);
  });

  it('because composites use each other in a circle', async () => {
    const uses = (name: string): string => `name: x\nruns: { using: composite, steps: [{ uses: ${name}@v1 }] }`;
    await jobs.push('me/one', { 'action.yml': uses('me/two') });
    await jobs.push('me/two', { 'action.yml': uses('me/one') });
    await failed('me/one@v1', /10 levels deep, and these go deeper or in a circle/);
  });
});

it('SEM-17.9: secrets are not for the steps of a composite', async () => {
  const manifest = `name: x\nruns: { using: composite, steps: [{ run: 'echo \${{ secrets.GITHUB_TOKEN }}', shell: sh }] }\n`;
  await jobs.push('me/nosy', { 'action.yml': manifest });
  const { steps, log } = await jobs.run('      - { name: It, uses: me/nosy@v1 }\n');
  expect(steps).toEqual(['It: failure']);
  expect(log).toContain("Unrecognized named-value: 'secrets'");
});
