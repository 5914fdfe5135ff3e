/** Actions in one another, their stages, and what their processes see. */
import { describe, expect, it } from 'vitest';
import { ActionJobs } from './action-jobs.ts';

const jobs = new ActionJobs();

const javaScript = (more = ''): string => `name: x\nruns: { using: node20, main: main.js${more} }\n`;
const composite = (steps: string, more = ''): string => `name: x\n${more}runs:\n  using: composite\n  steps:\n${steps}`;
const say = (text: string): string => `console.log(${text});`;

it('SEM-26, 17.10, 17.14, runner-protocol 11.10: every default variable is there, in each kind of step', async () => {
  const dump = say(`'vars ' + process.env.WHERE + ' ' + JSON.stringify(process.env)`);
  await jobs.push('me/tool', { 'sub/action.yml': javaScript(), 'sub/main.js': dump });
  await jobs.push('me/wrap', {
    'action.yml': composite(`
    - { uses: $/inner, env: { WHERE: nested } }
    - { id: mine, shell: bash, env: { WHERE: composite }, run: 'node -e "$DUMP"' }
`),
    'inner/action.yml': javaScript(),
    'inner/main.js': dump,
  });
  const { log, run, job } = await jobs.run(
    `
      - { uses: me/tool/sub@v1, env: { WHERE: action } }
      - { id: own, run: 'node -e "$DUMP"', env: { WHERE: run } }
      - { uses: me/wrap@v1 }
`,
    {},
    `    env: { DUMP: ${JSON.stringify(dump)}, CI: maybe }\n`,
  );
  expect(run.conclusion, log).toBe('success');
  const seen = Object.fromEntries(
    [...log.matchAll(/^vars (\w+) (.*)$/gm)].map(([, where = '', json = '{}']) => [where, JSON.parse(json)]),
  ) as Record<string, Record<string, string>>;
  const { url } = jobs.server;
  const { GITHUB_WORKSPACE: workspace = '', RUNNER_TEMP: temp = '' } = seen.action ?? {};
  const work = workspace.replace(/\/app\/app$/, '');
  const always = {
    ...{ CI: 'maybe', GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'admin', GITHUB_ACTOR_ID: expect.stringMatching(/^\d+$/) },
    ...{ GITHUB_API_URL: `${url}/api/v3`, GITHUB_GRAPHQL_URL: `${url}/api/graphql`, GITHUB_SERVER_URL: url },
    ...{ GITHUB_BASE_REF: '', GITHUB_HEAD_REF: '', GITHUB_EVENT_NAME: 'push', GITHUB_JOB: 'job' },
    ...{ GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch', GITHUB_SHA: run.sha },
    ...{ GITHUB_REF_PROTECTED: 'false', GITHUB_REPOSITORY: 'me/app', GITHUB_REPOSITORY_OWNER: 'me' },
    ...{ GITHUB_REPOSITORY_ID: expect.stringMatching(/^\d+$/), GITHUB_REPOSITORY_OWNER_ID: expect.any(String) },
    ...{ GITHUB_RETENTION_DAYS: expect.stringMatching(/^\d+$/), GITHUB_RUN_ID: `${run.id}`, GITHUB_RUN_NUMBER: '1' },
    ...{ GITHUB_RUN_ATTEMPT: '1', GITHUB_TRIGGERING_ACTOR: 'admin', GITHUB_WORKFLOW: '.github/workflows/ci.yml' },
    ...{ GITHUB_WORKFLOW_REF: 'me/app/.github/workflows/ci.yml@refs/heads/main', GITHUB_WORKFLOW_SHA: run.sha },
    ...{ GITHUB_EVENT_PATH: `${temp}/_github_workflow/event.json`, GITHUB_WORKSPACE: `${work}/app/app` },
    ...{ GITHUB_ENV: fileIn(temp), GITHUB_OUTPUT: fileIn(temp), GITHUB_PATH: fileIn(temp), GITHUB_STATE: fileIn(temp) },
    ...{ GITHUB_STEP_SUMMARY: fileIn(temp), RUNNER_NAME: job.runner?.name, RUNNER_OS: 'Linux' },
    ...{ RUNNER_ARCH: expect.stringMatching(/^(X64|ARM64)$/), RUNNER_ENVIRONMENT: 'self-hosted' },
    ...{ RUNNER_TEMP: `${work}/_temp`, RUNNER_TOOL_CACHE: `${work}/_tool`, RUNNER_WORKSPACE: `${work}/app` },
    RUNNER_TRACKING_ID: expect.stringMatching(/^github_/),
  };
  const services = {
    ...{ ACTIONS_RUNTIME_TOKEN: expect.any(String), ACTIONS_RUNTIME_URL: expect.stringContaining(url) },
    ...{ ACTIONS_RESULTS_URL: expect.stringContaining(url), ACTIONS_CACHE_URL: expect.stringContaining(url) },
    ACTIONS_CACHE_SERVICE_V2: 'True',
  };
  const actions = `${work}/_actions/me`;
  const of = (id: string, repository: string, ref: string, path?: string) => ({
    ...{ GITHUB_ACTION: id, GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref },
    ...(path === undefined ? {} : { GITHUB_ACTION_PATH: path }),
  });
  expect(ofRunner(seen.action)).toEqual({
    ...always,
    ...services,
    ...of('__me_tool', 'me/tool', 'v1', `${actions}/tool/v1/sub`),
  });
  expect(ofRunner(seen.run)).toEqual({ ...always, ...of('own', '', '') });
  expect(ofRunner(seen.nested)).toEqual({
    ...always,
    ...services,
    ...of(expect.any(String) as string, 'me/wrap', 'v1', `${actions}/wrap/v1/inner`),
  });
  expect(ofRunner(seen.composite)).toEqual({
    ...always,
    ...of('mine', 'me/wrap', 'v1', `${actions}/wrap/v1`),
  });
});

const fileIn = (temp: string): unknown => expect.stringContaining(`${temp}/_runner_file_commands/`);

/** What the runner gives by contract; SWITCHYARD_… would be something that a job must not see. */
function ofRunner(variables: Record<string, string> = {}): Record<string, string> {
  const ours = /^(CI$|GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|SWITCHYARD_)/;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => ours.test(name)));
}

it('SEM-17.5: pre-if and post-if decide about the stages, post-if with the final status of the job', async () => {
  const manifest = (pre: string, post: string): string =>
    javaScript(`, pre: pre.js, pre-if: ${pre}, post: post.js, post-if: ${post}`);
  const files = {
    'main.js': say("'main ' + process.env.INPUT_NAME"),
    'pre.js': say("'pre ' + process.env.INPUT_NAME"),
    'post.js': say("'post ' + process.env.INPUT_NAME"),
  };
  await jobs.push('me/good', { 'action.yml': manifest("runner.os == 'Linux'", 'success()'), ...files });
  await jobs.push('me/bad', { 'action.yml': manifest("runner.os == 'Windows'", 'failure()'), ...files });
  const { steps, log } = await jobs.run(`
      - { name: Good, uses: me/good@v1, with: { name: good } }
      - { name: Bad, uses: me/bad@v1, with: { name: bad } }
      - { name: Fails, run: exit 1 }
`);
  expect(steps).toEqual([
    ...['Pre Good: success', 'Pre Bad: skipped', 'Good: success', 'Bad: success', 'Fails: failure'],
    ...['Post Bad: success', 'Post Good: skipped'],
  ]);
  expect(log.match(/^(pre|main|post) \w+$/gm)).toEqual(['pre good', 'main good', 'main bad', 'post bad']);
});

it('SEM-17.9 to 17.13: composites in composites pass outputs, conditions and continue-on-error through', async () => {
  const inner = composite(
    `
    - { id: a, shell: bash, run: 'echo "said=\${{ inputs.word }}" >> "$GITHUB_OUTPUT"' }
    - { id: b, shell: bash, run: exit 3, if: "inputs.word == 'bad'" }
    - { id: c, shell: bash, run: 'echo "after=\${{ steps.b.outcome }}/\${{ steps.b.conclusion }}" >> "$GITHUB_OUTPUT"', if: always() }
`,
    `inputs: { word: { default: none, deprecationMessage: say it otherwise } }
outputs: { said: { value: '\${{ steps.a.outputs.said }}' }, after: { value: '\${{ steps.c.outputs.after }}' }, none: { value: '\${{ steps.x.outputs.y }}' } }
`,
  );
  const middle = composite(
    `
    - { id: good, uses: $/inner, with: { word: good } }
    - { id: bad, uses: me/nest/inner@v1, with: { word: bad }, continue-on-error: true }
    - { id: skipped, uses: $/inner, if: steps.bad.outcome == 'success' }
    - { shell: bash, run: 'echo "status \${{ github.action_status }}"' }
`,
    `outputs:
  all: { value: '\${{ steps.good.outputs.said }} \${{ steps.good.outputs.after }} \${{ steps.bad.outcome }}/\${{ steps.bad.conclusion }} \${{ steps.bad.outputs.after }} \${{ steps.skipped.conclusion }} [\${{ steps.good.outputs.none }}]' }
`,
  );
  await jobs.push('me/nest', { 'inner/action.yml': inner, 'middle/action.yml': middle });
  const { log, run, job } = await jobs.run(`
      - { id: it, uses: me/nest/middle@v1 }
      - run: echo "all is \${{ steps.it.outputs.all }}"
`);
  expect(run.conclusion, log).toBe('success');
  expect(log).toContain('all is good skipped/skipped failure/success failure/failure skipped []');
  expect(log).toContain('status success');
  const warnings = job.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message);
  expect(warnings).toEqual([
    "Input 'word' has been deprecated with message: say it otherwise",
    "Input 'word' has been deprecated with message: say it otherwise",
  ]);
});

describe('SEM-19.4: the time-out of a step', () => {
  it('ends what runs inside its composite, and the composite starts nothing more', async () => {
    const steps = `
    - { shell: bash, run: 'echo begun; sleep 120' }
    - { shell: bash, run: echo never, if: always() }
`;
    await jobs.push('me/slow', { 'action.yml': composite(steps) });
    const { log, steps: ended } = await jobs.run(
      `      - { name: Slow, uses: me/slow@v1, timeout-minutes: '\${{ fromJSON(env.M) }}' }\n`,
      {},
      '    env: { M: 0.02 }\n',
    );
    expect(ended).toEqual(['Slow: failure']);
    expect(log).toContain('has timed out after 0.02 minutes');
    expect(log).not.toMatch(/^never$/m);
  });
});

it('SEM-15.2: composites may lie ten levels deep, counted with the steps of the workflow', async () => {
  await pushChain('me/nine', 9);
  const { log, run } = await jobs.run('      - uses: me/nine/1@v1\n');
  expect(run.conclusion, log).toBe('success');
  expect(log).toMatch(/^at the bottom of 9$/m);
});

it('SEM-15.2: and no deeper', async () => {
  await pushChain('me/ten', 10);
  const { log, steps } = await jobs.run('      - { name: Ten, uses: me/ten/1@v1 }\n');
  expect(steps).toEqual(['Ten: skipped']);
  expect(log).toContain('actions may use others 10 levels deep, and these go deeper or in a circle');
});

/** Composites `1` to `length` of a repository, each with the next as its only step. */
function pushChain(repository: string, length: number): Promise<string> {
  const files = Array.from({ length }, (_, index) => {
    const isLast = index + 1 === length;
    const step = isLast ? `{ shell: bash, run: echo at the bottom of ${length} }` : `{ uses: $/${index + 2} }`;
    return [`${index + 1}/action.yml`, composite(`    - ${step}\n`)];
  });
  return jobs.push(repository, Object.fromEntries(files));
}

it('refuses a few actions that make millions of steps', async () => {
  const many = (uses: string): string =>
    composite(Array.from({ length: 20 }, () => `    - { uses: ${uses} }\n`).join(''));
  await jobs.push('me/many', {
    ...{ '1/action.yml': many('$/2'), '2/action.yml': many('$/3'), '3/action.yml': many('$/4') },
    '4/action.yml': composite(Array.from({ length: 20 }, () => '    - { shell: sh, run: ls }\n').join('')),
  });
  const { log, steps } = await jobs.run('      - { name: Many, uses: me/many/1@v1 }\n');
  expect(steps).toEqual(['Many: skipped']);
  expect(log).toContain('have more than 10000 steps together');
});

it('SEM-17.5: says which file an action lacks, at the step that needs it', async () => {
  await jobs.push('me/bare', { 'action.yml': javaScript(', post: ../gone.js'), 'README.md': 'no main.js' });
  const { log, steps } = await jobs.run('      - { name: Bare, uses: me/bare@v1 }\n');
  expect(steps).toEqual(['Bare: failure', 'Post Bare: failure']);
  expect(log).toContain('me/bare@v1: its action.yml names main.js, and there is no such file.');
  expect(log).toContain('me/bare@v1: its action.yml names ../gone.js, and there is no such file.');
});

it('an action of the workspace that uses itself ends with a sentence', async () => {
  const steps = '      - uses: actions/checkout@v4\n      - { name: Loop, uses: ./loop }\n';
  const { log, steps: ended } = await jobs.run(steps, { 'loop/action.yml': composite('    - uses: ./loop\n') });
  expect(ended).toContain('Loop: failure');
  expect(log).toContain('./loop: actions may use others 10 levels deep');
});
