import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InstanceFolder } from '../instance-folder.ts';
import { reviewForProcesses } from './review.ts';
import { makeWorkFolder, removeWorkFolder, workFolderOf } from './work-folder.ts';

describe('the work folder of a process', () => {
  it('is in the folder of the runner, or one of its own in that of the spec', () => {
    expect(workFolderOf('box', {})).toBe('_work');
    expect(workFolderOf('box', { workDir: '/runner/_work' })).toBe('_work');
    expect(workFolderOf('box', { workDir: 'jobs' })).toBe('jobs');
    expect(workFolderOf('box', { workDir: '/data/work' })).toBe('/data/work/box');
  });

  it('is never that of others: a path that leads out of the folder of the runner has no effect, which is told', () => {
    expect(workFolderOf('box', { workDir: 'jobs/../../other' })).toBe('_work');
    expect(reviewForProcesses({ workDir: 'jobs/../../other' }).map(({ field }) => field)).toEqual(['workDir']);
    expect(reviewForProcesses({ workDir: '/data/work' })).toEqual([]);
  });

  let root: string;
  let folder: InstanceFolder;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'work-folder-'));
    folder = new InstanceFolder(join(root, 'runners'), 'box');
    await folder.create();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is open to the runner alone, and goes with it', async () => {
    const path = join(root, 'data', 'box');
    await makeWorkFolder(folder, path);
    await writeFile(join(path, 'file'), 'left by a job');
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await removeWorkFolder(folder);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect((await stat(join(root, 'data'))).isDirectory()).toBe(true);
  });

  it('that cannot be made is told with its path', async () => {
    await writeFile(join(root, 'data'), 'no folder');
    const path = join(root, 'data', 'box');
    await expect(makeWorkFolder(folder, path)).rejects.toThrow(`The work folder ${path} cannot be made: `);
  });
});
