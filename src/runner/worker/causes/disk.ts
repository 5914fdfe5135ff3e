/** A step that fails while one of its file systems is full most likely fails of that; programs seldom say which it is. */
import { accessSync, constants, statfsSync } from 'node:fs';

export interface FileSystem {
  /** Folder that it was looked at by. */
  path: string;
  freeBytes: number;
  sizeBytes: number;
  freeInodes: number;
  /** 0: it does not count them. */
  inodes: number;
}

/** Less is nothing to a program; of a small file system a hundredth. */
const LITTLE_BYTES = 1024 * 1024;

/** One sentence about those that are full; undefined when none is. @param where after a path, such as ` in the container` */
export function explainFullDisk(fileSystems: FileSystem[], where = ''): string | undefined {
  for (const { path, freeBytes, sizeBytes, freeInodes, inodes } of fileSystems) {
    if (inodes > 0 && freeInodes === 0) {
      return `Disk full: the file system of ${path}${where} has none of its ${inodes} inodes left, so no more files can be made there.`;
    }
    if (freeBytes < Math.min(LITTLE_BYTES, sizeBytes / 100)) {
      return `Disk full: the file system of ${path}${where} has ${mebibytes(freeBytes)} of ${mebibytes(sizeBytes)} MiB left.`;
    }
  }
  return undefined;
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(bytes < 1024 * 1024 * 10 ? 1 : 0);

/** Of those paths that exist and can be written to: one that is only for reading may well be full. */
export function readFileSystems(paths: string[]): FileSystem[] {
  return [...new Set(paths)].flatMap((path) => {
    try {
      accessSync(path, constants.W_OK);
      const { bavail, bfree, bsize, blocks, files, ffree } = statfsSync(path);
      // Some blocks are kept for root.
      const free = process.getuid?.() === 0 ? bfree : bavail;
      return [{ path, freeBytes: free * bsize, sizeBytes: blocks * bsize, freeInodes: ffree, inodes: files }];
    } catch {
      return [];
    }
  });
}
