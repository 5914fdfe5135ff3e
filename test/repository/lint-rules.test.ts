import { expect, test } from 'vitest';
import { RULES } from '../../src/workflow/lint/index.ts';
import { codesOfTables, readText } from './files.ts';

const PAGE = 'docs/lint.md';

test('docs/lint.md lists exactly the rules there are, each with its usual severity and a section', () => {
  const ids = RULES.map(({ id }) => id);
  // The page's other table is of fields, whose names have an underscore or are of a wall.
  const listed = codesOfTables(PAGE).filter((code) => !/_|^wall/.test(code));
  expect(listed.sort()).toEqual([...ids].sort());
  const page = readText(PAGE);
  const headings = [...page.matchAll(/^### (.+)$/gm)].flatMap(([, heading = '']) => heading.split(', '));
  expect(headings.sort()).toEqual([...ids].sort());
  for (const { id, severity, optional } of RULES) {
    const cell = optional ? `${severity}, off` : severity;
    expect(page).toMatch(new RegExp(`^\\| \`${id}\` \\| ${cell}( \\(\\w+\\))? \\|`, 'm'));
  }
});
