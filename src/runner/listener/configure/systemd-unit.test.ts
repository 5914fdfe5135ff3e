import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../../../test/support/find-program.ts';
import { readServiceArguments } from './service.ts';
import { unitName, unitText } from './systemd-unit.ts';

const facts = {
  place: 'octo/app',
  runner: 'box 1',
  user: 'root',
  root: '/srv/my runner 100%',
  command: [process.execPath, '/opt/a "b" $c/bin', 'runner', 'run'],
};
const analyze = findProgram('systemd-analyze');

describe('the service of a runner', () => {
  it('is called as GitHub’s runner calls its own, whatever the names hold', () => {
    expect(unitName(facts)).toBe('actions.runner.octo-app.box-1.service');
    expect(unitName({ place: 'o', runner: 'x'.repeat(200) })).toHaveLength(150);
    expect(unitName({ place: '../etc', runner: 'a/b' })).toBe('actions.runner...-etc.a-b.service');
  });

  it('escapes what means something to systemd', () => {
    const text = unitText(facts);
    expect(text).toContain('WorkingDirectory=/srv/my runner 100%%\n');
    expect(text).toContain('"/opt/a \\"b\\" $$c/bin" "runner" "run"\n');
  });

  it('refuses a folder that would break out of its line', () => {
    expect(() => unitText({ ...facts, root: '/srv/x\nExecStartPre=/bin/evil' })).toThrow('line break');
  });

  it.skipIf(!analyze)('is a unit that systemd accepts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-unit-'));
    try {
      const file = join(folder, unitName(facts));
      writeFileSync(file, unitText({ ...facts, root: folder }));
      const output = execFileSync(analyze ?? '', ['verify', '--man=no', file], { encoding: 'utf8', stdio: 'pipe' });
      expect(output).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('takes one of its words, and a user only to install', () => {
    expect(readServiceArguments(['install', 'ci', '--root', '/srv/r'])).toEqual({
      action: 'install',
      user: 'ci',
      root: '/srv/r',
    });
    for (const wrong of [[], ['restart'], ['start', 'ci'], ['install', 'ci', 'more'], ['install', 'a\nb']]) {
      expect(() => readServiceArguments(wrong)).toThrow();
    }
  });
});
