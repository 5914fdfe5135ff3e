import { expect, test } from 'vitest';
import { SETTINGS } from '../../src/common/settings-table.ts';
import { codesOfTables, readText, repositoryFiles } from './files.ts';

const PAGE = 'docs/reference/settings.md';
const names = Object.values(SETTINGS).map(({ env }) => env);

test('docs/reference/settings.md lists exactly the settings there are, each with its default', () => {
  const listed = codesOfTables(PAGE).filter((name) => name.startsWith('SWITCHYARD_'));
  expect(listed.sort()).toEqual([...names].sort());
  const page = readText(PAGE);
  for (const { env, default: fallback } of Object.values(SETTINGS)) {
    const cell = fallback === '' ? 'none' : `\`${fallback}\``;
    expect(page).toContain(`| \`${env}\` | ${cell} |`);
  }
});

test('no document speaks of a setting that does not exist', () => {
  // The others are of the tests alone.
  const ofTests = ['SWITCHYARD_REQUIRE', 'SWITCHYARD_OFFICIAL_RUNNER', 'SWITCHYARD_REAL_WORKFLOWS'];
  const known = new Set([...names, ...ofTests]);
  const spoken = repositoryFiles()
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => [...readText(file).matchAll(/\bSWITCHYARD_[A-Z_]+\b/g)].map(([name]) => `${name} in ${file}`));
  expect(spoken.length).toBeGreaterThan(names.length);
  expect(spoken.filter((place) => !known.has(place.split(' ')[0] ?? ''))).toEqual([]);
});
