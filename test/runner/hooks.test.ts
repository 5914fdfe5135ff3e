import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobMessage, type ScriptedStep, StandInServer } from '../support/stand-in-server.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

let server: StandInServer;
let runner: RunnerProcess | undefined;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-hooks-'));
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(server.violations).toEqual([]);
});

function hook(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return path;
}

async function runJob(hooks: { started?: string; completed?: string }, steps: ScriptedStep[]) {
  const env = {
    ...(hooks.started ? { ACTIONS_RUNNER_HOOK_JOB_STARTED: hooks.started } : {}),
    ...(hooks.completed ? { ACTIONS_RUNNER_HOOK_JOB_COMPLETED: hooks.completed } : {}),
  };
  runner = startRunner(server.jitConfig(), { env });
  server.offer(jobMessage(server, { steps }));
  expect(await runner.exited, runner.output()).toBe(0);
  const [completion] = server.completions;
  return {
    conclusion: completion?.conclusion,
    records: completion?.stepResults?.map(({ number, name, conclusion }) => `${number} ${name}: ${conclusion}`),
  };
}

describe('hooks of a machine (SEM-15.6, runner-protocol 11.8)', () => {
  it('run before and after the steps as records of their own, with the variables and files of a step', async () => {
    const started = hook(
      'started.sh',
      'echo "for $GITHUB_REPOSITORY in $PWD"; echo "::add-mask::hush"; echo FROM_HOOK=1 >> "$GITHUB_ENV"; echo hush',
    );
    const completed = hook('completed.js', 'console.log("completed by node for " + process.env.GITHUB_JOB)');
    const { conclusion, records } = await runJob({ started, completed }, [
      { name: 'one', run: 'test "$FROM_HOOK" = 1 && echo hush' },
    ]);
    expect(conclusion).toBe('succeeded');
    expect(records).toEqual([
      '1 Set up job: succeeded',
      '2 Set up runner: succeeded',
      '3 one: succeeded',
      '5 Complete runner: succeeded',
      '6 Complete job: succeeded',
    ]);
    const log = server.stepLog('Set up runner');
    expect(log).toContain('Z A job started hook has been configured by the self-hosted runner administrator\n');
    expect(log).toContain(`##[group]Run '${started}'\n`);
    expect(log).toMatch(/Z shell: \S*bash -e \S+started\.sh\n/);
    expect(log).toMatch(/Z for o\/r in \S+_work\/r\/r\n/);
    expect(log).toMatch(/Z \*\*\*\n$/);
    expect(server.stepLog('one')).toMatch(/Z \*\*\*\n$/);
    expect(server.stepLog('Complete runner')).toContain('Z completed by node for build\n');
  });

  it('fail the job when the first fails: no step runs, and the other does', async () => {
    const started = hook('started.sh', 'false\necho not reached');
    const completed = hook('completed.sh', 'echo seen');
    const { conclusion, records } = await runJob({ started, completed }, [
      { name: 'normal', run: 'true' },
      { name: 'always', run: 'true', if: 'always()' },
    ]);
    expect(conclusion).toBe('failed');
    expect(records?.slice(1, -1)).toEqual([
      '2 Set up runner: failed',
      '3 normal: skipped',
      '4 always: succeeded',
      '7 Complete runner: succeeded',
    ]);
    expect(server.stepLog('Set up runner')).not.toContain('not reached\n');
    expect(server.stepLog('Set up runner')).toContain('##[error]Process completed with exit code 1.');
  });

  it('fail the job when the last fails', async () => {
    const { conclusion, records } = await runJob({ completed: hook('completed.sh', 'exit 3') }, [
      { name: 'one', run: 'true' },
    ]);
    expect(conclusion).toBe('failed');
    expect(records?.at(-2)).toBe('4 Complete runner: failed');
  });

  for (const [name, problem] of [
    ['missing.sh', 'does not exist, or is no file'],
    ['hook.py', 'is no .sh, .ps1 or .js file'],
  ] as const) {
    it(`fail the job with a sentence when the script ${problem}`, async () => {
      const started = name === 'missing.sh' ? join(folder, name) : hook(name, '');
      const { conclusion } = await runJob({ started }, [{ name: 'one', run: 'true' }]);
      expect(conclusion).toBe('failed');
      expect(server.stepLog('Set up runner')).toContain(`##[error]The hook '${started}' ${problem}.`);
    });
  }

  it('are read from the .env file in the folder of the runner, and PATH from .path (runner-protocol 11.9)', async () => {
    const started = hook('started.sh', 'echo "from the file"');
    const files = {
      '.env': `ACTIONS_RUNNER_HOOK_JOB_STARTED=${started}\n`,
      '.path': `${folder}:${process.env.PATH}\n`,
    };
    runner = startRunner(server.jitConfig(), { files });
    server.offer(jobMessage(server, { steps: [{ name: 'one', run: 'echo "$PATH"' }] }));
    expect(await runner.exited, runner.output()).toBe(0);
    expect(server.stepLog('Set up runner')).toContain('Z from the file\n');
    expect(server.stepLog('one')).toContain(`Z ${folder}:`);
  });
});
