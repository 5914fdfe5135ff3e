import { describe, expect, it } from 'vitest';
import { runCommand as call } from '../../test/support/command-line.ts';
import { UserError } from '../common/errors.ts';
import { type Command, type Input, UsageError } from './command.ts';
import { completionScript } from './commands/completion.ts';
import { commands } from './commands/index.ts';

const failing = (error: unknown): Command[] => [
  { name: 'fail', summary: 'fail', arguments: [], options: [], examples: [], run: () => Promise.reject(error) },
];

describe('the command line', () => {
  it('ends with 2 and a suggestion for an unknown command', async () => {
    const { code, err } = await call(['rnu']);
    expect(code).toBe(2);
    expect(err).toContain("unknown command 'rnu'");
    expect(err).toContain('Did you mean run?');
  });

  it.each([
    [['run', '--nope'], /unknown option '--nope'/],
    [['run', 'a', 'b'], /too many arguments/],
    [['explain'], /missing required argument/],
    [['explain', 'x/1'], /"x\/1" is neither a run/],
    [['run', '--runners', '0'], /--runners is "0"; give a whole number from 1 to 64/],
    [['run', '--runners', '1e1'], /--runners is "1e1"/],
    [['run', '-e', 'push', '--input', 'a=b'], /--input is only for/],
    [['run', '--var', 'novalue'], /--var number 1 is not of the form NAME=VALUE/],
    [['run', '--payload', '/nonexistent'], /payload \/nonexistent cannot be read/],
    [['run', '/nonexistent'], /\/nonexistent is not a folder/],
    [['get', 'runners', '-o', 'xml'], /Allowed choices are wide, json, yaml/],
    [['delete', 'runner'], /Give either KIND NAME or -f FILE/],
    [['apply'], /Name a file by -f/],
    [['completion', 'tcsh'], /no completion for "tcsh"/],
    [['up', '--port', '70000'], /--port is "70000"/],
    [['logs', 'x'], /"x" is not a run/],
    [['rerun', 'x'], /"x" is not a run/],
    [['rerun', '1', '--failed', '--job', 'a'], /Give --failed or --job, not both/],
    [['cancel'], /missing required argument/],
    [['wall', 'build', 'x'], /"build" is none of set, show, remove/],
    [['wall', 'show'], /Name a runner, or a group with --group/],
    [['wall', 'show', 'x', '--group', 'y'], /Name a runner, or a group with --group/],
    [['wall', 'set', 'x'], /Say who may come in/],
    [['wall', 'remove', 'x', '--label', 'y'], /go with set/],
    [['plan'], /missing required argument/],
    [['plan', '/nonexistent.yml'], /\/nonexistent.yml is neither a file nor a folder/],
    [['plan', 'x.yml', '-e', 'Push!'], /"Push!" is not the name of an event/],
    [['plan', 'x.yml', '-e', 'push', '--input', 'a=b'], /--input is only for/],
    [['plan', 'x.yml', '--payload', '/nonexistent'], /The payload \/nonexistent cannot be read/],
    [['lint', '/nonexistent'], /\/nonexistent is neither a file nor a folder/],
    [['lint', '/'], /There is no folder .github\/workflows/],
    [['lint', '--format', 'xml'], /Allowed choices are text, json, sarif, github/],
    [['lint', '--format', 'sarif', '--json'], /contradict each other/],
    [['lint', '--disable', 'nope'], /There is no rule nope/],
    [['lint', '--runners', 'a', '--server', 'http://b'], /either --runners or --server/],
    [['lint', '-R', 'nope'], /"nope" is not of the form OWNER\/NAME/],
    [['expr'], /missing required argument/],
    [['expr', '1', '--context', '/nonexistent'], /The contexts \/nonexistent cannot be read/],
  ])('ends with 2 and one sentence for %j', async (argv, message) => {
    const { code, err, out } = await call(argv);
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('never repeats the text of a secret that is written wrongly', async () => {
    const { code, err } = await call(['run', '--secret', '=hunter2']);
    expect(code).toBe(2);
    expect(err).not.toContain('hunter2');
  });

  it('says a mistake of the user without a stack, with what to do, and ends with 1', async () => {
    const error = new UserError('x', 'The thing is wrong.', { hint: 'Mend it.' });
    expect(await call(['fail'], failing(error))).toEqual({
      code: 1,
      out: '',
      err: 'error: The thing is wrong.\nMend it.\n',
    });
  });

  it('says a mistake in the call with 2', async () => {
    expect((await call(['fail'], failing(new UsageError('No.')))).code).toBe(2);
  });

  it('shows the stack of a mistake of ours, and says that it is ours', async () => {
    const { code, err } = await call(['fail'], failing(new TypeError('x is undefined')));
    expect(code).toBe(1);
    expect(err).toContain('This is a mistake in Switchyard');
    expect(err).toContain('    at ');
  });

  it('takes options that may be repeated one word at a time', async () => {
    const seen: Input[] = [];
    const [run] = commands.filter(({ name }) => name === 'run');
    if (!run) throw new Error('no run');
    const record = async (input: Input): Promise<number> => seen.push(input);
    const table = [{ ...run, run: record }];
    await call(['run', '--secret', 'A=1=2', 'folder', '--secret', 'B='], table);
    expect(seen[0]?.pairs('secret')).toEqual({ A: '1=2', B: '' });
    expect(seen[0]?.argument(0)).toBe('folder');
  });

  for (const { name, options, examples, passThrough } of commands) {
    it(`has help with every option and an example for ${name}`, async () => {
      expect(examples.length).toBeGreaterThan(0);
      const { code, out } = await call(['help', name]);
      expect(code).toBe(0);
      if (!passThrough) expect(out).toContain('Examples:');
      for (const { flags } of options) expect(out).toContain(flags.split(' ')[0]);
    });
  }

  it('prints its version', async () => {
    expect((await call(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    it(`completes every command and option in ${shell}`, () => {
      const script = completionScript(shell, commands);
      for (const { name, options } of commands) {
        expect(script).toContain(name);
        for (const { flags } of options) {
          const [, long = ''] = /--([\w-]+)/.exec(flags) ?? [];
          expect(script).toContain(shell === 'fish' ? `-l ${long}` : `--${long}`);
        }
      }
    });
  }
});
