import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type RunnerArguments, readArguments } from './cli.ts';

async function readRun(
  args: string[],
  stdin = new PassThrough(),
): Promise<Extract<RunnerArguments, { command: 'run' }>> {
  const given = await readArguments(args, stdin);
  if (given.command !== 'run') throw new Error(`${given.command} is not run`);
  return given;
}

describe('the arguments of the runner', () => {
  it('take the JIT config from all of standard input', async () => {
    const stdin = new PassThrough();
    stdin.write('con');
    stdin.end('fig');
    expect(await readRun(['--jitconfig', '-'], stdin)).toEqual({
      command: 'run',
      root: '.',
      jitConfig: 'config',
      isOnce: false,
      hasOwnRoot: false,
    });
  });

  it('with --end-with-stdin take the first line at once, however it arrives, and tell when the input has ended', async () => {
    const stdin = new PassThrough();
    stdin.write('con');
    const reading = readRun(['--jitconfig', '-', '--end-with-stdin'], stdin);
    stdin.write('fig\nmore');
    const { jitConfig, stdinEnded } = await reading;
    expect(jitConfig).toBe('config');
    let hasEnded = false;
    void stdinEnded?.then(() => {
      hasEnded = true;
    });
    stdin.write('still there\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    stdin.end();
    await stdinEnded;
  });

  it('with --end-with-stdin take an input that breaks for one that has ended', async () => {
    const stdin = new PassThrough();
    const { jitConfig, stdinEnded } = await readRun(['--jitconfig', 'config', '--end-with-stdin'], stdin);
    expect(jitConfig).toBe('config');
    stdin.destroy(new Error('broken'));
    await stdinEnded;
  });

  it('with --end-with-stdin take what there is where no line ends', async () => {
    const stdin = new PassThrough();
    stdin.end('config');
    const { jitConfig, stdinEnded } = await readRun(['--jitconfig', '-', '--end-with-stdin'], stdin);
    expect(jitConfig).toBe('config');
    await stdinEnded;
  });

  it('without a JIT config are those of a runner that the folder is configured for, also with the word run', async () => {
    const { jitConfig, isOnce, root } = await readRun(['run', '--once', '--root', '/srv/runner']);
    expect({ jitConfig, isOnce, root }).toEqual({ jitConfig: undefined, isOnce: true, root: '/srv/runner' });
  });

  it('with the word config or remove are for that, help aside', async () => {
    const stdin = new PassThrough();
    expect(await readArguments(['config', '--url', 'http://x/o'], stdin)).toMatchObject({
      command: 'config',
      args: ['--url', 'http://x/o'],
    });
    expect(await readArguments(['configure'], stdin)).toMatchObject({ command: 'config' });
    expect(await readArguments(['remove', '--help'], stdin)).toEqual({ command: 'help' });
  });

  it('refuse what is unknown', async () => {
    await expect(readRun(['--jitconfg', 'x'])).rejects.toMatchObject({ code: 'usage' });
  });
});
