import { expect, test } from 'vitest';
import { codesOfTables, sources } from './files.ts';

const PAGE = 'docs/reference/errors.md';
/** Sorts what has no code of its own; its codes are plain fields there. */
const SORTER = 'src/server/failures.ts';

/** The first argument of every `new UserError(` and of the `super(` of its subclasses, whatever its form. */
function firstArguments({ file, text }: { file: string; text: string }): string[] {
  const calls = [...text.matchAll(/new UserError\(\s*([^,]+),/g), ...text.matchAll(/\bsuper\(\s*('[a-z-]+'),/g)];
  const fields = file === SORTER ? [...text.matchAll(/\bcode: ('[a-z-]+')/g)] : [];
  return [...calls, ...fields].map(([, argument = '']) => argument.trim());
}

/** `'a'`, `flag ? 'a' : 'b'`, `body.code ?? 'a'`, and the one template `no-${part}`. */
function codesIn(argument: string): string[] {
  if (argument === '`no-$' + '{part}`') return ['no-server', 'no-fleet'];
  return [...argument.matchAll(/'([A-Za-z_-]+)'/g)].map(([, code = '']) => code);
}

test('docs/reference/errors.md lists exactly the codes that the programs give', () => {
  const given = sources().flatMap(firstArguments);
  expect(given.filter((argument) => argument !== 'code' && codesIn(argument).length === 0)).toEqual([]);
  const codes = [...new Set(given.flatMap(codesIn))].sort();
  expect(codes.length).toBeGreaterThan(50);
  expect(codesOfTables(PAGE).sort()).toEqual(codes);
});
