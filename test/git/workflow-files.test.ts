import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WorkflowFiles } from '../../src/server/workflow-files/workflow-files.ts';
import { WorkflowReader } from '../../src/server/workflow-files/workflow-reader.ts';
import { git, writeFiles } from '../support/git.ts';

const REPOSITORY = { owner: 'me', name: 'app' };
const FOLDER = '.github/workflows';
const text = (name: string): string => `name: ${name}\non: push\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n`;

let folder: string;
let reader: WorkflowReader;
let files: WorkflowFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-workflow-files-'));
  await git(folder, 'init', '-q', '-b', 'main');
  reader = new WorkflowReader();
  files = new WorkflowFiles({ folder: () => folder }, reader);
});

afterEach(async () => {
  await reader.close();
  await rm(folder, { recursive: true, force: true });
});

async function commit(files: Record<string, string>): Promise<string> {
  await writeFiles(folder, files);
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-q', '--allow-empty', '-m', 'x');
  return (await git(folder, 'rev-parse', 'HEAD')).trim();
}

it('SEM-1.1: reads the files directly in their folder, sorted by path', async () => {
  await commit({ 'ci.yml': text('outside') });
  await writeFiles(folder, { [`${FOLDER}/b.yaml`]: text('B'), [`${FOLDER}/a.yml`]: text('Ä') });
  await symlink('../../ci.yml', join(folder, FOLDER, 'link.yml'));
  const sha = await commit({
    [`${FOLDER}/deeper/c.yml`]: text('C'),
    [`${FOLDER}/notes.txt`]: 'x',
    [`${FOLDER}/d.yml`]: '[',
  });
  const read = await files.at(REPOSITORY, sha);
  expect(read.map(({ path, workflow }) => [path, workflow.name])).toEqual([
    [`${FOLDER}/a.yml`, 'Ä'],
    [`${FOLDER}/b.yaml`, 'B'],
    [`${FOLDER}/d.yml`, `${FOLDER}/d.yml`],
  ]);
  expect(read.map(({ workflow }) => workflow.errors.length > 0)).toEqual([false, false, true]);
  expect(read[0]?.text).toBe(text('Ä'));
  expect(await files.paths(REPOSITORY, sha)).toEqual(read.map(({ path }) => path));
});

it('neither fetches nor reads a file again that has not changed', async () => {
  const first = { [`${FOLDER}/a.yml`]: text('A'), [`${FOLDER}/b.yaml`]: text('B'), [`${FOLDER}/d.yml`]: '[' };
  const before = await files.at(REPOSITORY, await commit({ ...first, [`${FOLDER}/e.yml`]: text('E') }));
  const copied = { [`${FOLDER}/e2.yml`]: text('E'), [`${FOLDER}/b.yaml`]: text('B2') };
  const after = await files.at(REPOSITORY, await commit(copied));
  const same = after.filter((file) => before.includes(file)).map(({ path }) => path);
  expect(same).toEqual([`${FOLDER}/a.yml`, `${FOLDER}/d.yml`, `${FOLDER}/e.yml`]);
  expect(after.map(({ workflow: { path, name } }) => [path, name])).toContainEqual([`${FOLDER}/e2.yml`, 'E']);
  expect(after.map(({ workflow: { name } }) => name)).toContain('B2');
});

it('SEM-1.9: takes a file over 1 MiB for one with an error, and never looks into it', async () => {
  const sha = await commit({ [`${FOLDER}/large.yml`]: `${text('L')}#${'x'.repeat(1024 * 1024)}\n` });
  const file = (await files.at(REPOSITORY, sha)).find(({ path }) => path.endsWith('large.yml'));
  expect(file).toMatchObject({ text: '', workflow: { triggers: null, jobs: [] } });
  expect(file?.workflow.errors[0]?.message).toMatch(/^The file is 1048\d{3} bytes long; a workflow file may have/);
});

it('reads more than it fetches from git at once', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `large-${index}`);
  const filling = `# ${'x'.repeat(900_000)}\n`;
  const sha = await commit(
    Object.fromEntries(names.map((name) => [`${FOLDER}/${name}.yml`, `${text(name)}${filling}`])),
  );
  const read = await files.at(REPOSITORY, sha);
  expect(read.map(({ workflow: { name } }) => name).filter((name) => name.startsWith('large'))).toEqual(names.sort());
});

it('says that there is no such commit, and does not remember it', async () => {
  for (let time = 0; time < 2; time++) {
    await expect(files.at(REPOSITORY, 'f'.repeat(40))).rejects.toThrow('git ls-tree');
  }
});
