import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findParents } from '../../src/common/control-groups/index.ts';
import { groupFolders } from '../../src/common/control-groups/parents.ts';
import { requirement } from '../support/require.ts';
import { jobMessage, type ScriptedJob, StandInServer } from '../support/stand-in-server.ts';
import { poll, processesWith, type RunnerProcess, startRunner } from './runner-process.ts';

const groups = requirement('control-groups', () => {
  const { parents, missing } = findParents(['cpu', 'memory', 'pids']);
  return Object.keys(missing).length === 0 ? parents : undefined;
});

let server: StandInServer;
let runner: RunnerProcess | undefined;

beforeEach(async () => {
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  runner = undefined;
  await server.stop();
  expect(server.violations).toEqual([]);
});

async function runJob(job: ScriptedJob, env: Record<string, string> = {}, ephemeral = true) {
  runner ??= startRunner(server.jitConfig({ ephemeral }), { env });
  const before = server.completions.length;
  server.offer(jobMessage(server, job));
  await poll('the job to end', () => server.completions.length > before, 40_000);
  return server.completions.at(-1);
}

const groupNames = (): string[] =>
  groupFolders().flatMap((folder) => readdirSync(folder).filter((name) => name.includes(`-${runner?.child.pid}-`)));

/** Unlikely as an argument of anything else. */
const marker = (): string => `${40_000 + Math.floor(Math.random() * 9_000)}.${process.pid}`;

describe.skipIf(!groups)('a job in a control group', () => {
  it('leaves no process behind: forked twice, in a session of its own, without any environment (SEM-15.5)', async () => {
    const seconds = marker();
    const completion = await runJob({
      steps: [{ name: 'hides', run: `env -i setsid sh -c 'sleep ${seconds} & exec sleep 0.1' & sleep 0.5` }],
    });
    expect(completion?.conclusion).toBe('succeeded');
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
    expect(server.stepLog('Complete job')).toMatch(/Terminate orphan process: pid \(\d+\) \(sleep\)/);
    expect(await runner?.exited).toBe(0);
    expect(groupNames()).toEqual([]);
  });

  it('leaves alone what has set the mark itself, and says so (runner-protocol 11.11)', async () => {
    const seconds = marker();
    await runJob({ steps: [{ name: 'keeps', run: `RUNNER_TRACKING_ID= setsid sleep ${seconds} >/dev/null 2>&1 &` }] });
    expect(await runner?.exited).toBe(0);
    const kept = processesWith(`sleep\0${seconds}`);
    expect(kept).toHaveLength(1);
    expect(server.stepLog('Complete job')).toContain(
      `Left running, since it has set RUNNER_TRACKING_ID itself: pid (${kept[0]}) (sleep)`,
    );
    for (const pid of kept) process.kill(pid, 'SIGKILL');
  });

  it('that forks for ever meets its limit, ends with its step, and nothing of it stays', async () => {
    const seconds = marker();
    const bomb = `bomb() { sleep ${seconds} & bomb & bomb; }\nbomb 2>/dev/null`;
    const completion = await runJob(
      {
        steps: [
          { name: 'bomb', run: bomb, timeoutInMinutes: 0.05 },
          { name: 'after', run: 'echo on', if: 'always()' },
        ],
      },
      { SWITCHYARD_JOB_PIDS: '200' },
    );
    expect(completion?.conclusion).toBe('failed');
    expect(server.stepLog('after')).toContain('Z on\n');
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
    expect(await runner?.exited).toBe(0);
    expect(groupNames()).toEqual([]);
  }, 60_000);

  it('that forks for ever behind the back of its step is ended with the job', async () => {
    const seconds = marker();
    const bomb = `env -i setsid bash -c 'bomb() { sleep ${seconds} & bomb & bomb; }; bomb' >/dev/null 2>&1 &\nsleep 1`;
    await runJob({ steps: [{ name: 'bomb', run: bomb }] }, { SWITCHYARD_JOB_PIDS: '200' });
    expect(server.stepLog('Complete job')).toMatch(/… and \d\d+ more/);
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
    expect(await runner?.exited).toBe(0);
  }, 60_000);

  it('cannot use more memory than it may, and its step says so; the worker lives on', async () => {
    const completion = await runJob(
      {
        steps: [
          { name: 'eats', run: `node -e 'const a=[];for(;;)a.push(Buffer.alloc(1e7,1))'` },
          { name: 'after', run: 'echo on', if: 'always()' },
        ],
      },
      { SWITCHYARD_JOB_MEMORY: '300Mi' },
    );
    expect(completion?.conclusion).toBe('failed');
    expect(server.stepLog('eats')).toMatch(/Out of memory: the limit of .* is 300 MiB/);
    expect(server.stepLog('after')).toContain('Z on\n');
  }, 60_000);

  it('cannot use more cores than it may', async () => {
    const busy =
      'const e=Date.now()+1000;while(Date.now()<e);const u=process.cpuUsage();console.log("cpu", Math.round((u.user+u.system)/1000))';
    await runJob({ steps: [{ name: 'burns', run: `node -e '${busy}'` }] }, { SWITCHYARD_JOB_CPUS: '0.2' });
    const used = Number(/cpu (\d+)/.exec(server.stepLog('burns'))?.[1]);
    expect(used).toBeGreaterThan(0);
    // Of at least a second; the machine may be busy, so it may well be less.
    expect(used).toBeLessThan(600);
  });

  it('of a worker that was killed is ended by the listener', async () => {
    const seconds = marker();
    runner = startRunner(server.jitConfig({ ephemeral: false }));
    server.offer(jobMessage(server, { steps: [{ name: 'hides', run: `env -i setsid sleep ${seconds} & sleep 600` }] }));
    await poll('the step', () => processesWith(`sleep\0${seconds}`).length > 0);
    const worker = Number(
      readFileSync(`/proc/${runner.child.pid}/task/${runner.child.pid}/children`, 'utf8').trim().split(' ')[0],
    );
    process.kill(worker, 'SIGKILL');
    await poll('the report', () => server.completions.length > 0);
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
  });
});

describe('the diagnostics of a runner', () => {
  it('hold a log for each job, and no secret, token or key', async () => {
    const secrets = { PASSWORD: 'correct horse battery', MULTI: 'first-line-x\nsecond-line-y' };
    const steps = [{ name: 'tells correct horse battery', run: 'echo "$PASSWORD $MULTI"; exit 3' }];
    await runJob({ secrets, env: { PASSWORD: secrets.PASSWORD, MULTI: secrets.MULTI }, steps }, {}, false);
    await runJob({ secrets, steps: [{ name: 'fine', run: 'true' }] }, {}, false);
    const folder = join(runner?.root ?? '', '_diag');
    await poll(
      'the log of the second job',
      () => readdirSync(folder).filter((name) => name.startsWith('Worker_')).length >= 2,
    );
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
    const text = logs.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    expect(text).toMatch(/job \S+ ends: failed/);
    expect(text).toMatch(/job \S+ ends: succeeded/);
    const hidden = [
      ...Object.values(secrets).flatMap((value) => value.split('\n')),
      'token-of-the-job-123',
      'eyJ',
      'PRIVATE',
    ];
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe('from one job to the next', () => {
  it('nothing stays in temp, and no variable, path or git setting of one is seen by the next', async () => {
    const probe =
      'echo "[$LEFT][$(git config --global --get left.over)][$(ls -A "$RUNNER_TEMP" | grep -c mine)][$(command -v left-tool)]"';
    const leave = [
      'echo LEFT=1 >> "$GITHUB_ENV"',
      'mkdir -p "$RUNNER_TEMP/mine"',
      'mkdir -p tools && printf "#!/bin/sh\\n" > tools/left-tool && chmod +x tools/left-tool && echo "$PWD/tools" >> "$GITHUB_PATH"',
      'git config --global left.over yes',
      'git config --global --add safe.directory "$PWD"',
    ].join('\n');
    const home = mkdtempSync(join(tmpdir(), 'switchyard-home-'));
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Machine\n');
    const env = { HOME: home };
    await runJob(
      {
        steps: [
          { name: 'one', run: leave },
          { name: 'own', run: probe },
        ],
      },
      env,
      false,
    );
    expect(server.stepLog('own')).toMatch(/\[1\]\[yes\]\[1\]\[\S+left-tool\]/);
    await runJob({ steps: [{ name: 'two', run: `${probe}; git config --global user.name` }] }, env, false);
    expect(server.stepLog('two')).toMatch(/Z \[\]\[\]\[0\]\[\]\n\S+Z Machine\n/);
    expect(readFileSync(join(home, '.gitconfig'), 'utf8')).toBe('[user]\n\tname = Machine\n');
    rmSync(home, { recursive: true });
  });

  it.skipIf(process.getuid?.() !== 0)(
    'a runner that cannot remove something ends with a reason, and with a code of its own',
    async () => {
      const keep =
        'mkdir "$RUNNER_TEMP/stuck" && touch "$RUNNER_TEMP/stuck/file" && mount -t tmpfs none "$RUNNER_TEMP/stuck"';
      await runJob({ steps: [{ name: 'sticks', run: keep }] }, {}, false);
      expect(await runner?.exited).toBe(8);
      expect(runner?.output()).toMatch(
        /The runner takes no more jobs: something of its last one stays: \S+_temp cannot be emptied: \S+/,
      );
      execFileSync('umount', [join(runner?.root ?? '', '_work/_temp/stuck')]);
    },
  );
});
