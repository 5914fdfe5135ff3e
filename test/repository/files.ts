import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

/** Everything that belongs to the repository, also before its first commit; not what git ignores. */
export function repositoryFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return names.filter((name) => name !== '' && existsSync(resolve(root, name)));
}

export const readText = (file: string): string => readFileSync(resolve(root, file), 'utf8');

/** The first cell of every row of the tables in a Markdown file that is nothing but `code`, without the marks. */
export function codesOfTables(file: string): string[] {
  return [...readText(file).matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code);
}

/** Sources of the programs, without their tests. */
export function sources(): { file: string; text: string }[] {
  return repositoryFiles()
    .filter((file) => /^src\/.*\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => ({ file, text: readText(file) }));
}
