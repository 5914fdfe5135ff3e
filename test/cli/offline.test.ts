/** plan, lint and expr as whole programs: files in, text and exit codes out. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectGolden } from './golden.ts';
import { type Ended, folderWith, switchyard } from './program.ts';

const PROGRAM = resolve('bin/switchyard.mjs');
const DEPLOY = '.github/workflows/deploy.yml';

/** Tags part development from production, and the labels do not: the accident of two servers. */
const repository = {
  '.github/workflows/deploy-dev.yml': `name: Deploy to development
on:
  push:
    tags: ['v[0-9]+.[0-9]+.[0-9]+-beta.[0-9]+']
jobs:
  deploy:
    runs-on: [self-hosted]
    steps:
      - uses: actions/checkout@v4
      - run: ./deploy dev
`,
  '.github/workflows/release.yml': `name: Release
run-name: Release \${{ github.ref_name }}
on:
  push:
    tags: ['v[0-9]+.[0-9]+.[0-9]+']
concurrency: { group: release, cancel-in-progress: true }
permissions: { contents: read }
jobs:
  build:
    strategy: { matrix: { os: [linux, macos] } }
    runs-on: [self-hosted, "\${{ matrix.os }}"]
    outputs: { version: "\${{ steps.v.outputs.version }}" }
    steps:
      - id: v
        run: echo "\${{ github.event.head_commit.message }}"
  docs:
    if: github.event_name == 'workflow_dispatch'
    runs-on: [self-hosted]
    steps: [{ run: make docs }]
  deploy:
    needs: build
    uses: ./${DEPLOY}
    with: { version: "\${{ needs.build.outputs.version }}" }
`,
  [DEPLOY]: `on:
  workflow_call:
    inputs: { version: { type: string, required: true } }
jobs:
  roll-out:
    name: roll out \${{ inputs.version }}
    environment: production
    runs-on: [self-hosted, api-prod]
    timeout-minutes: 20
    steps: [{ run: ./deploy prod }]
`,
  'runners.json': JSON.stringify({
    total_count: 2,
    runners: [
      { id: 1, name: 'dev-runner', os: 'linux', status: 'offline', busy: false, labels: labels('linux', 'macos') },
      { id: 2, name: 'prod-runner', os: 'linux', status: 'online', busy: false, labels: labels('linux', 'api-prod') },
    ],
  }),
  'needs.json': JSON.stringify({ build: { result: 'success', outputs: { version: '1.2.3' } } }),
  'push.json': JSON.stringify({ ref: 'refs/tags/v1.2.3', head_commit: { id: 'c0ffee', message: 'Release' } }),
  'context.json': JSON.stringify({ github: { ref: 'refs/tags/v1' } }),
};

function labels(...own: string[]): { name: string; type: string }[] {
  return ['self-hosted', ...own].map((name) => ({ name, type: 'custom' }));
}

/** With text on standard input. */
function fed(input: string, args: string[], cwd: string): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { cwd, input, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('switchyard lint', () => {
  it('SEM-13.4: tells of the two-server accident before the push, and ends with 1', async () => {
    const cwd = await folderWith(repository);
    const ended = await switchyard(['lint', '--runners', 'runners.json'], { cwd });
    expect(ended).toMatchObject({ code: 1, err: '' });
    await expectGolden('lint.txt', ended.out);
  });

  it('reads the runners from standard input and prints JSON', async () => {
    const cwd = await folderWith(repository);
    const ended = fed(repository['runners.json'], ['lint', '--runners', '-', '--json'], cwd);
    expect(ended).toMatchObject({ code: 1, err: '' });
    const report = JSON.parse(ended.out);
    expect(report).toMatchObject({ version: 1, counts: { error: expect.any(Number) } });
    expect(report.findings.map(({ rule }: { rule: string }) => rule)).toContain('environment-runner');
  });

  it('checks one file with its neighbours in sight, from anywhere, and ends with 0 when there is no error', async () => {
    const cwd = await folderWith({ ...repository, 'a/b/x.txt': '' });
    const one = await switchyard(['lint', `../../${DEPLOY}`], { cwd: `${cwd}/a/b` });
    expect(one).toMatchObject({ code: 0, out: '✓ nothing found in 1 file\n' });
    const all = await switchyard(['lint', '--disable', 'script-injection'], { cwd: `${cwd}/a/b` });
    expect(all.out).toContain('../../.github/workflows/deploy-dev.yml\n');
    expect(all.code).toBe(0);
  });

  it('checks a file that lies elsewhere by itself', async () => {
    const cwd = await folderWith({ 'x.yml': 'on: push\njobs: { a: { uses: ./.github/workflows/ghost.yml } }\n' });
    expect(await switchyard(['lint', 'x.yml'], { cwd })).toMatchObject({ code: 0 });
  });

  it('prints annotations and SARIF', async () => {
    const cwd = await folderWith(repository);
    const github = await switchyard(['lint', '--format', 'github'], { cwd });
    expect(github.out).toMatch(/^::error file=\.github\/workflows\/release\.yml,line=15,endLine=15,col=24,/m);
    const sarif = JSON.parse((await switchyard(['lint', '--format', 'sarif'], { cwd })).out);
    expect(sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toMatch(/^\.github\/workflows/);
  });

  it('ends with 2 for a list of runners that is none', async () => {
    const cwd = await folderWith(repository);
    const ended = await switchyard(['lint', '--runners', DEPLOY], { cwd });
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/^error: The list of runners \S+ is not JSON\.\n$/);
  });
});

describe('switchyard plan', () => {
  it('shows what an event starts and what it does not', async () => {
    const cwd = await folderWith(repository);
    const files = ['deploy-dev.yml', 'release.yml'].map((name) => `.github/workflows/${name}`);
    const ended = await switchyard(['plan', ...files, '--payload', 'push.json'], { cwd });
    expect(ended).toMatchObject({ code: 0, err: '' });
    await expectGolden('plan.txt', ended.out);
  });

  it('goes on with the results of needs', async () => {
    const cwd = await folderWith(repository);
    const args = [
      'plan',
      '.github/workflows/release.yml',
      '--ref',
      'refs/tags/v1.2.3',
      '--needs',
      'needs.json',
      '--json',
    ];
    const { out, code } = await switchyard(args, { cwd });
    expect(code).toBe(0);
    const { version, plans } = JSON.parse(out);
    expect(version).toBe(1);
    expect(plans[0]).toMatchObject({ file: '.github/workflows/release.yml', triggered: true, errors: [] });
    expect(plans[0].jobs.at(-1)).toMatchObject({
      ...{ path: 'deploy/roll-out', name: 'deploy / roll out 1.2.3', state: 'runs', file: DEPLOY, line: 5 },
      environment: { name: 'production', deployment: true },
    });
  });

  it('reads a file from standard input, with the files around as what it may call', async () => {
    const cwd = await folderWith(repository);
    const text = `on: push\njobs: { a: { uses: ./${DEPLOY}, with: { version: x } } }\n`;
    const ended = fed(text, ['plan', '-'], cwd);
    expect(ended.out).toContain('a / roll out x  runs\n');
    expect(ended.code).toBe(0);
  });

  it('takes a file that is named too for one that is called', async () => {
    const cwd = await folderWith({
      'main.yml': repository['.github/workflows/release.yml'],
      'deploy.yml': repository[DEPLOY],
    });
    const ended = await switchyard(['plan', 'main.yml', 'deploy.yml', '--ref', 'refs/tags/v1.0.0'], { cwd });
    expect(ended.out).toContain('deploy / roll-out  after build\n');
  });

  it('ends with 1 and the place for a file with errors', async () => {
    const cwd = await folderWith({
      'x.yml':
        'on: push\njobs:\n  a: { runs-on: x, needs: b, steps: [{ run: x }] }\n  c: { runs-on: x, steps: [{ run: x }] }\n',
    });
    const ended = await switchyard(['plan', 'x.yml'], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/✗ x\.yml:3:\d+ Job 'a' depends on unknown job 'b'\./);
  });

  it('tests path filters with the files that are named', async () => {
    const text = 'on: { push: { paths: [docs/**] } }\njobs: { a: { runs-on: x, steps: [{ run: x }] } }\n';
    const cwd = await folderWith({ 'x.yml': text, 'changed.txt': 'src/a\ndocs/b\n' });
    const planned = async (list: string): Promise<string> =>
      (await switchyard(['plan', 'x.yml', '--changed-files', list], { cwd })).out;
    expect(await planned('src/a,src/b')).toContain('does not start it');
    expect(await planned('@changed.txt')).toContain('starts it');
  });

  it.each([
    [['--needs', 'context.json'], /The result of the job github is not of the form/],
    [['--needs', 'ghost.json'], /There is a result for ghost, but no such job; there are build, docs, deploy/],
    [['--payload', 'list.json'], /The payload list\.json is not a JSON object/],
  ])('ends with 2 for %j', async (options, message) => {
    const wrong = { 'ghost.json': '{"ghost": {}}', 'list.json': '[]' };
    const cwd = await folderWith({ ...repository, ...wrong });
    const args = ['plan', '.github/workflows/release.yml', '--ref', 'refs/tags/v1.2.3', ...options];
    const ended = await switchyard(args, { cwd });
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
  });
});

describe('switchyard expr', () => {
  it('prints kind and value as JSON', async () => {
    const cwd = await folderWith(repository);
    const args = ['expr', "startsWith(github.ref, 'refs/tags/')", '--context', 'context.json'];
    expect(await switchyard(args, { cwd })).toEqual({ code: 0, out: '{"kind":"boolean","value":true}\n', err: '' });
  });

  it('prints the error with stage and position, and says it in words unless --json is given', async () => {
    const cwd = await folderWith({});
    const ended = await switchyard(['expr', '1 =='], { cwd });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.out)).toEqual({
      error: { stage: 'parse', message: expect.stringContaining('Unexpected end'), position: 3, expression: '1 ==' },
    });
    expect(ended.err).toMatch(/^error: cannot parse it at position 3: /);
    expect((await switchyard(['expr', '1 ==', '--json'], { cwd })).err).toBe('');
  });
});

/** Texts of a built file and of everything that it loads at once. */
function loadedWith(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  for (const [, name = ''] of text.matchAll(/(?:from|import)"(\.[^"]+\.js)"/g))
    loadedWith(join(dirname(file), name), seen);
  return seen;
}

it('the program loads the workflow library only for the commands that use it', () => {
  const texts = [...loadedWith(resolve('dist/cli.js')).values()];
  expect(texts.length).toBeGreaterThan(5);
  // The name of the schema's root stands wherever the reader is.
  expect(texts.filter((text) => text.includes('workflow-root-strict'))).toEqual([]);
});
