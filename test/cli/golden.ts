import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

const folder = join(import.meta.dirname, 'golden');

/** Compares with test/cli/golden/NAME; UPDATE_GOLDEN=1 writes it anew, to be reviewed like code. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const file = join(folder, name);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, text);
  expect(text).toBe(await readFile(file, 'utf8'));
}
