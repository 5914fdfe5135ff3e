import { expect, test } from 'vitest';
// @ts-expect-error: a plain script without types
import { BORDERS } from '../../scripts/imports.mjs';
import { codesOfTables, readText } from './files.ts';

const page = readText('ARCHITECTURE.md');

test('the table of folders in ARCHITECTURE.md allows exactly the imports that npm run check allows', () => {
  const rows = [...page.matchAll(/^\| `src\/(\w+)` \| .* \| (.+) \|$/gm)].map(([, folder = '', imports = '']) => [
    folder,
    [...imports.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort(),
  ]);
  const borders = Object.entries(BORDERS as Record<string, string[]>).map(([folder, allowed]) => [
    folder,
    [...allowed].sort(),
  ]);
  expect(rows.sort()).toEqual(borders.sort());
});

test('ARCHITECTURE.md says of every dependency what it is for, and of none that is gone', () => {
  const { dependencies, devDependencies, overrides } = JSON.parse(readText('package.json'));
  const declared = Object.keys({ ...dependencies, ...devDependencies, ...overrides });
  // Other tables begin with folders and with commands, which have a space.
  const listed = codesOfTables('ARCHITECTURE.md').filter((name) => !/^(src|scripts)\/| /.test(name));
  expect(listed.sort()).toEqual(declared.sort());
});
