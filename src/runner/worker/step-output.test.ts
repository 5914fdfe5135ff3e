import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Masks } from '../masks.ts';
import { ProblemMatchers } from './problem-matchers.ts';
import { type CommandEffects, StepOutput } from './step-output.ts';
import { StepRecord } from './step-record.ts';

function scan(lines: string[], options: { debug?: boolean; allowUnsecure?: boolean; matchers?: ProblemMatchers } = {}) {
  const masks = new Masks();
  const written: string[] = [];
  const effects: string[] = [];
  const record = new StepRecord(2, 'step');
  const sink = {
    write(more: string[]) {
      written.push(...more.map((line) => masks.apply(line)));
      record.lineCount += more.length;
    },
  };
  const targets: CommandEffects = {
    setOutput: (name, value) => effects.push(`output ${name}=${value}`),
    saveState: (name, value) => effects.push(`state ${name}=${value}`),
    setEnv: (name, value) => effects.push(`env ${name}=${value}`),
    addPath: (path) => effects.push(`path ${path}`),
    relativePath: (file) => file.replace('/work/', ''),
    matchers: options.matchers ?? new ProblemMatchers(),
    outside: (path) => path,
    locate: ({ level, message, file, line }) => ({ level, message, path: file, startLine: line }),
    allowUnsecure: options.allowUnsecure ?? false,
  };
  const output = new StepOutput(sink, record, masks, options.debug ?? false);
  output.scan(lines, targets);
  return { written, effects, record, failed: output.commandFailed };
}

describe('StepOutput', () => {
  it('SEM-23.8: adds problem matchers by command, makes annotations of what they find, and removes them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-output-'));
    const file = join(folder, 'tsc.json');
    const pattern = [{ regexp: '^(.+)\\((\\d+)\\): (.+)$', file: 1, line: 2, message: 3 }];
    writeFileSync(file, JSON.stringify({ problemMatcher: [{ owner: 'tsc', severity: 'warning', pattern }] }));
    const matchers = new ProblemMatchers();
    scan([`::add-matcher::${file}`], { matchers });
    const { written, record } = scan(['before', 'a.ts(3): odd', '::remove-matcher owner=tsc::', 'b.ts(4): more'], {
      matchers,
    });
    expect(written).toEqual(['before', '##[warning]a.ts(3): odd', 'b.ts(4): more']);
    expect(record.annotations).toMatchObject([{ level: 'warning', message: 'odd', path: 'a.ts', startLine: 3 }]);
    expect(scan([`::add-matcher::${folder}/none.json`]).failed).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it('turns error, warning and notice into log lines and annotations (SEM-23.7)', () => {
    const { written, record } = scan([
      '::error file=/work/a.ts,line=3,endLine=3,col=5,endColumn=7,title=T::bad',
      '::warning file=b.ts,line=1,endLine=4,col=2::odd',
      '::notice::fyi',
    ]);
    expect(written).toEqual(['##[error]bad', '##[warning]odd', '##[notice]fyi']);
    expect(record.annotations).toEqual([
      {
        level: 'failure',
        message: 'bad',
        title: 'T',
        path: 'a.ts',
        startLine: 3,
        endLine: 3,
        startColumn: 5,
        endColumn: 7,
      },
      {
        level: 'warning',
        message: 'odd',
        title: undefined,
        path: 'b.ts',
        startLine: 1,
        endLine: 4,
        startColumn: undefined,
        endColumn: undefined,
      },
      expect.objectContaining({ level: 'notice', message: 'fyi', startLine: 3 }),
    ]);
  });

  it('keeps ten annotations of each level (SEM-23.7)', () => {
    const { written, record } = scan(Array.from({ length: 12 }, () => '::error::x'));
    expect(written).toHaveLength(12);
    expect(record.annotations).toHaveLength(10);
  });

  it('masks from add-mask on, and shows the command only when echo is on (SEM-23.5)', () => {
    const { written } = scan([
      'before topsecret',
      '::add-mask::topsecret',
      'now topsecret',
      '::echo::on',
      '::add-mask::other!',
      'other!',
    ]);
    expect(written).toEqual(['before topsecret', 'now ***', '::echo::on', '::add-mask::***', '***']);
  });

  it('stops all processing until the token (SEM-23.4)', () => {
    const { written, effects } = scan([
      '::stop-commands::tokentoken',
      '::set-output name=a::1',
      '::tokentoken::',
      '::set-output name=b::2',
    ]);
    expect(written[0]).toBe('::set-output name=a::1');
    expect(effects).toEqual(['output b=2']);
  });

  it.each([
    '::stop-commands::',
    '::stop-commands::error',
    '::stop-commands::pause-logging',
    '::echo::maybe',
    '::set-output::x',
  ])('fails the step for %s (SEM-23.6)', (line) => {
    expect(scan([line])).toMatchObject({ failed: true, effects: [] });
  });

  it('refuses set-env and add-path unless they are allowed (SEM-23.3)', () => {
    expect(scan(['::set-env name=A::1', '::add-path::/x'])).toMatchObject({ failed: true, effects: [] });
    expect(scan(['::set-env name=A::1', '::add-path::/x'], { allowUnsecure: true })).toMatchObject({
      failed: false,
      effects: ['env A=1', 'path /x'],
    });
  });

  it('keeps set-output and save-state working with a deprecation warning (SEM-23.3)', () => {
    const { effects, written } = scan(['::set-output name=a::1', '::save-state name=b::2']);
    expect(effects).toEqual(['output a=1', 'state b=2']);
    expect(written.filter((line) => line.includes('deprecated'))).toHaveLength(2);
  });

  it('shows debug lines only with step debug (SEM-23.5)', () => {
    expect(scan(['::debug::x']).written).toEqual([]);
    expect(scan(['::debug::x'], { debug: true }).written).toEqual(['##[debug]x']);
  });
});
