import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileCommands, type FileCommandTargets, MAX_SUMMARY_BYTES, parsePairs } from './file-commands.ts';

describe('parsePairs', () => {
  it.each([
    ['A=1', [['A', '1']]],
    ['A=a<<b', [['A', 'a<<b']]],
    ['A==', [['A', '=']]],
    ['A=', [['A', '']]],
    [
      '\r\nA=1\r\n\r\nB=2',
      [
        ['A', '1'],
        ['B', '2'],
      ],
    ],
    [
      'A<<E\none\ntwo\nE\nB=2',
      [
        ['A', 'one\ntwo'],
        ['B', '2'],
      ],
    ],
    ['A<<E\none\nE more\n\nE', [['A', 'one\nE more\n']]],
    ['A<<E\r\none\r\nE\r\n', [['A', 'one']]],
    ['A<<E\nE', [['A', '']]],
    ['A<<=\nx\n=\n', [['A', 'x']]],
  ])('reads %j (SEM-24.2)', (text, pairs) => {
    expect(parsePairs(text)).toEqual(pairs);
  });

  it.each(['nonsense', '=value', '<<E\nx\nE', 'A<<\nx\n', 'A<<E\nx', 'A<<E'])('refuses %j (SEM-24.2)', (text) => {
    expect(() => parsePairs(text)).toThrow();
  });

  it('gives back any value that was written between delimiters', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.includes('DELIMITER') && !value.endsWith('\r'));
        expect(parsePairs(`N<<DELIMITER\n${value}\nDELIMITER\n`)).toEqual([['N', value]]);
      }),
    );
  });
});

describe('FileCommands', () => {
  let folder: string;
  let said: string[];
  let targets: FileCommandTargets;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-commands-'));
    said = [];
    targets = {
      setEnv: (name, value) => said.push(`env ${name}=${value}`),
      setOutput: (name, value) => said.push(`output ${name}=${value}`),
      saveState: (name, value) => said.push(`state ${name}=${value}`),
      addPath: (path) => said.push(`path ${path}`),
      summary: (markdown) => said.push(`summary ${markdown}`),
      error: (message) => said.push(`error ${message.slice(0, 40)}`),
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('creates empty files, reads them and removes them (SEM-24.1)', async () => {
    const files = new FileCommands(folder);
    appendFileSync(files.paths.env, '\uFEFFA=1\n');
    appendFileSync(files.paths.output, 'o=2');
    appendFileSync(files.paths.path, '/a\n\n/b\n');
    appendFileSync(files.paths.step_summary, '# hi');
    expect(await files.process(targets)).toBe(true);
    expect(said.sort()).toEqual(['env A=1', 'output o=2', 'path /a', 'path /b', 'summary # hi']);
    expect(Object.values(files.paths).some((path) => existsSync(path))).toBe(false);
  });

  it('reports a file that it cannot read and still takes the others (SEM-24.3)', async () => {
    const files = new FileCommands(folder);
    writeFileSync(files.paths.env, 'garbage');
    writeFileSync(files.paths.output, 'o=2');
    expect(await files.process(targets)).toBe(false);
    expect(said).toEqual(["error Unable to process file command 'env' suc", 'output o=2']);
  });

  it('refuses a summary above 1 MiB without failing the step (SEM-24.7)', async () => {
    const files = new FileCommands(folder);
    writeFileSync(files.paths.step_summary, Buffer.alloc(MAX_SUMMARY_BYTES + 1, 'x'));
    expect(await files.process(targets)).toBe(true);
    expect(said).toEqual([expect.stringContaining('error $GITHUB_STEP_SUMMARY')]);
  });

  it('takes a removed file for an empty one', async () => {
    const files = new FileCommands(folder);
    rmSync(files.paths.output);
    expect(await files.process(targets)).toBe(true);
  });
});
