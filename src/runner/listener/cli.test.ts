import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readArguments } from './cli.ts';

describe('the arguments of the runner', () => {
  it('take the JIT config from all of standard input', async () => {
    const stdin = new PassThrough();
    stdin.write('con');
    stdin.end('fig');
    expect(await readArguments(['--jitconfig', '-'], stdin)).toEqual({ help: false, root: '.', jitConfig: 'config' });
  });

  it('with --end-with-stdin take the first line at once, however it arrives, and tell when the input has ended', async () => {
    const stdin = new PassThrough();
    stdin.write('con');
    const reading = readArguments(['--jitconfig', '-', '--end-with-stdin'], stdin);
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
    const { jitConfig, stdinEnded } = await readArguments(['--jitconfig', 'config', '--end-with-stdin'], stdin);
    expect(jitConfig).toBe('config');
    stdin.destroy(new Error('broken'));
    await stdinEnded;
  });

  it('with --end-with-stdin take what there is where no line ends', async () => {
    const stdin = new PassThrough();
    stdin.end('config');
    const { jitConfig, stdinEnded } = await readArguments(['--jitconfig', '-', '--end-with-stdin'], stdin);
    expect(jitConfig).toBe('config');
    await stdinEnded;
  });
});
