import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveShell } from './shells.ts';

describe('resolveShell', () => {
  let folder: string;
  const program = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shells-'));
    for (const name of ['bash', 'sh', 'python', 'pwsh', 'cmd', 'perl']) {
      writeFileSync(program(name), '');
      chmodSync(program(name), 0o755);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [undefined, 'bash', ['-e', '{0}'], '.sh'],
    ['bash', 'bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}'], '.sh'],
    ['sh', 'sh', ['-e', '{0}'], '.sh'],
    ['python', 'python', ['{0}'], '.py'],
    ['pwsh', 'pwsh', ['-command', ". '{0}'"], '.ps1'],
    ['cmd', 'cmd', ['/D', '/E:ON', '/V:OFF', '/S', '/C', '"CALL "{0}""'], '.cmd'],
    ['bash -l {0}', 'bash', ['-l', '{0}'], '.sh'],
    ['perl -w {0}', 'perl', ['-w', '{0}'], ''],
  ])('runs shell %s as documented (SEM-16.2, 16.3)', (name, command, args, extension) => {
    expect(resolveShell(name, folder)).toMatchObject({ command: program(command), args, extension });
  });

  it('falls back to sh where there is no bash (SEM-16.2)', () => {
    const bare = mkdtempSync(join(tmpdir(), 'shells-bare-'));
    writeFileSync(join(bare, 'sh'), '');
    chmodSync(join(bare, 'sh'), 0o755);
    expect(resolveShell(undefined, `/nowhere:${bare}`)).toMatchObject({
      command: join(bare, 'sh'),
      args: ['-e', '{0}'],
    });
    rmSync(bare, { recursive: true });
  });

  it('refuses a name without {0}, and a program that is not there (SEM-16.3)', () => {
    expect(() => resolveShell('fish', folder)).toThrow("Invalid shell option 'fish'");
    expect(() => resolveShell('ruby {0}', folder)).toThrow('The shell ruby was not found');
    expect(() => resolveShell('powershell', folder)).toThrow('powershell was not found');
  });

  it('stops PowerShell at the first error and hands on the exit code; silences cmd (SEM-16.4)', () => {
    const script = resolveShell('pwsh', folder).fixUp('echo 1');
    expect(script).toMatch(/^\$ErrorActionPreference = 'stop'\necho 1\nif .*LASTEXITCODE/);
    expect(resolveShell('cmd', folder).fixUp('dir')).toBe('@echo off\r\ndir');
  });
});
