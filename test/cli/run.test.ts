import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WatchEvent } from '../../src/cli/watch/events.ts';
import { type Ended, folderWith, Running, switchyard } from './program.ts';

const WORKFLOW = '.github/workflows/ci.yml';
const oneJob = (script: string, on = 'push'): string =>
  `on: ${on}\njobs:\n  only:\n    runs-on: ubuntu-latest\n    steps:\n      - name: Script\n        run: |\n${script.replace(/^/gm, '          ')}\n`;

const withCheckout = (workflow: string): string =>
  workflow.replace('steps:', 'steps:\n      - uses: actions/checkout@v4\n        with: { fetch-depth: 0 }');

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd, encoding: 'utf8' });

function eventsOf({ out }: Ended): WatchEvent[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function textOf(events: WatchEvent[]): string {
  return events.flatMap((event) => (event.type === 'log' ? [event.text] : [])).join('\n');
}

/** Every file of a folder with its content. Times do not count: git renews those of objects that it meets again. */
function stateOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => (statSync(file).isFile() ? `${file} ${readFileSync(file, 'base64')}` : file));
}

/** Programs whose command line or folder names `folder`. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(folder);
      } catch {
        return false;
      }
    });

describe('switchyard run', () => {
  it('runs a folder that is no repository, tells everything as JSON, and leaves nothing', async () => {
    const folder = await folderWith({
      [WORKFLOW]: `permissions: { contents: read, drives: write }\n${withCheckout(oneJob('cat hello.txt'))}`,
      'hello.txt': 'from the folder',
    });
    const ended = await switchyard(['run', folder, '--json'], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const events = eventsOf(ended);
    expect(events.at(0)).toMatchObject({
      type: 'run',
      status: expect.any(String),
      event: 'push',
      ref: 'refs/heads/main',
      warnings: [{ file: WORKFLOW, line: 1, column: 32, message: expect.stringContaining('no effect') }],
    });
    expect(events.at(-1)).toMatchObject({ type: 'result', conclusion: 'success', exitCode: 0 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'step', name: 'Script', conclusion: 'success' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'job', key: 'only', conclusion: 'success' }));
    expect(textOf(events)).toContain('from the folder');
    expect(readdirSync(folder).filter((name) => name.startsWith('switchyard-'))).toEqual([]);
    expect(processesIn(folder)).toEqual([]);
  });

  it('takes uncommitted and untracked changes of a repository and does not write to it', async () => {
    const script =
      'cat tracked.txt untracked.txt; ls; git log --format=%s; echo "repo $GITHUB_REPOSITORY on $GITHUB_REF_NAME"';
    const workflow = withCheckout(oneJob(script));
    const folder = await folderWith({ [WORKFLOW]: workflow, 'tracked.txt': 'old', '.gitignore': 'ignored.txt\n' });
    git(folder, 'init', '-q', '-b', 'topic');
    git(folder, 'remote', 'add', 'origin', 'git@example.com:me/app.git');
    git(folder, 'add', '.');
    git(folder, 'commit', '-q', '-m', 'The first commit');
    await writeFile(join(folder, 'tracked.txt'), 'changed\n');
    await writeFile(join(folder, 'untracked.txt'), 'brand new\n');
    await writeFile(join(folder, 'ignored.txt'), 'not this\n');
    const before = stateOf(join(folder, '.git'));
    const elsewhere = await folderWith({});
    const ended = await switchyard(['run', folder, '--json'], { cwd: elsewhere });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const text = textOf(eventsOf(ended));
    for (const expected of ['changed', 'brand new', 'The first commit', 'repo me/app on topic'])
      expect(text).toContain(expected);
    expect(text.split('\n')).not.toContain('ignored.txt');
    expect(stateOf(join(folder, '.git'))).toEqual(before);
  });

  it('ends with 1 when a step fails, and repeats its last lines', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('echo the last words\nexit 3') });
    const { code, out } = await switchyard(['run'], { cwd: folder });
    expect(code).toBe(1);
    const end = out.slice(out.indexOf('✗ only / Script'));
    expect(end).toMatch(/the last words\n.*exit code 3/);
    expect(end).toMatch(/✗ failure in /);
  });

  it('gives a workflow its inputs, secrets and variables, and masks the secret', async () => {
    const script = 'echo "in=$I var=$V secret=$S"\nif [ "$S" = "top-secret" ]; then echo right; fi';
    const workflow = `on:
  workflow_dispatch:
    inputs:
      who: { required: true }
jobs:
  only:
    runs-on: [self-hosted, Linux]
    env:
      I: \${{ inputs.who }}
      V: \${{ vars.COLOUR }}
      S: \${{ secrets.KEY }}
    steps:
      - run: |
${script.replace(/^/gm, '          ')}
`;
    const folder = await folderWith({ [WORKFLOW]: workflow });
    const args = ['run', '--json', '--input', 'who=you', '--var', 'COLOUR=red', '--secret', 'KEY=top-secret'];
    const ended = await switchyard(args, { cwd: folder });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const text = textOf(eventsOf(ended));
    expect(text).toContain('in=you var=red secret=***');
    expect(text).toContain('right');
    expect(ended.out).not.toContain('top-secret');
  });

  it('runs only the job of -j and what it needs', async () => {
    const job = (needs: string): string => `\n    runs-on: ubuntu-latest${needs}\n    steps: [{ run: 'true' }]\n`;
    const workflow = `on: push\njobs:\n  a:${job('')}  b:${job('\n    needs: a')}  c:${job('')}`;
    const folder = await folderWith({ [WORKFLOW]: workflow, '.github/workflows/more.yml': oneJob('exit 1') });
    const ended = await switchyard(['run', '--json', '-j', 'b'], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const keys = eventsOf(ended).flatMap((event) => (event.type === 'job' ? [event.key] : []));
    expect([...new Set(keys)].sort()).toEqual(['a', 'b']);
  });

  it('ends with 2 for a workflow file or a job that is not there, and says which there are', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('true'), '.github/workflows/more.yml': oneJob('true') });
    const noFile = await switchyard(['run', '-W', 'nope.yml'], { cwd: folder });
    expect(noFile).toMatchObject({ code: 2, out: '' });
    expect(noFile.err).toMatch(
      /^error: There is no workflow file \.github\/workflows\/nope\.yml at [0-9a-f]{7}; there are \.github\/workflows\/ci\.yml, \.github\/workflows\/more\.yml\.\n$/,
    );
    const noJob = await switchyard(['run', '-W', 'ci.yml', '-j', 'nope'], { cwd: folder });
    expect(noJob).toMatchObject({ code: 2, out: '' });
    expect(noJob.err).toBe('error: There is no job "nope"; there are only in .github/workflows/ci.yml.\n');
  });

  it('gives up at once on a job that nobody here can ever take, and says why', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('true').replace('ubuntu-latest', 'windows-latest') });
    const { code, out } = await switchyard(['run'], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toMatch(/"only".* can never start: .*windows-latest/);
  });

  it('ends with 1 and says so when no workflow starts for the event', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('true', 'workflow_dispatch') });
    const { code, out } = await switchyard(['run'], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toContain('No workflow starts for the event "push"');
  });

  it('says where a workflow file is wrong', async () => {
    const folder = await folderWith({
      [WORKFLOW]: 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepz: []\n',
    });
    const { code, out } = await switchyard(['run'], { cwd: folder });
    expect(code).toBe(1);
    expect(out).toMatch(/ci\.yml:5:5: .*stepz/);
  });

  it('cancels on Ctrl-C, ends with 130 and leaves neither file nor process', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('echo sleeping\nexec sleep 300') });
    await appendFile(join(folder, 'x'), '');
    const running = new Running(['run'], { cwd: folder });
    await running.says(/│ sleeping/);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(running.out).toMatch(/⊘ cancelled in/);
    expect(readdirSync(folder).filter((name) => name.startsWith('switchyard-'))).toEqual([]);
    expect(processesIn(folder)).toEqual([]);
  });

  it('leaves no process when it is killed with -9 while a job runs', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('echo sleeping\nsleep 300 &\nexec sleep 300') });
    const running = new Running(['run'], { cwd: folder });
    await running.says(/│ sleeping/);
    expect(processesIn(folder).length).toBeGreaterThan(2);
    onTestFinished(() => {
      for (const pid of processesIn(folder)) process.kill(Number(pid), 'SIGKILL');
    });
    running.child.kill('SIGKILL');
    await expect.poll(() => processesIn(folder), { timeout: 10_000 }).toEqual([]);
  });

  it('ends in order when nobody reads what it says any more', async () => {
    const folder = await folderWith({ [WORKFLOW]: oneJob('for i in $(seq 600); do echo "line $i"; sleep 0.1; done') });
    const running = new Running(['run', folder, '--json'], { cwd: folder });
    await running.says(/"text":"line 3"/);
    running.child.stdout?.destroy();
    expect((await running.ended).code).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('switchyard-run-'))).toEqual([]);
    expect(processesIn(folder)).toEqual([]);
  });
});
