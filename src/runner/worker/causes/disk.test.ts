import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainFullDisk, type FileSystem, readFileSystems } from './disk.ts';

const MIB = 1024 * 1024;
const roomy: FileSystem = {
  path: '/work',
  freeBytes: 500 * MIB,
  sizeBytes: 1_000 * MIB,
  freeInodes: 7,
  inodes: 10,
};

describe('explainFullDisk', () => {
  it('names the file system that is full, by space or by inodes', () => {
    expect(explainFullDisk([roomy, { ...roomy, path: '/tmp', freeBytes: 0.25 * MIB }])).toBe(
      'Disk full: the file system of /tmp has 0.3 of 1000 MiB left.',
    );
    expect(explainFullDisk([{ ...roomy, freeInodes: 0 }], ' in the container')).toBe(
      'Disk full: the file system of /work in the container has none of its 10 inodes left, so no more files can be made there.',
    );
  });

  it('says nothing while there is room, also in one that is small, or counts no inodes, or has no size', () => {
    const small = { ...roomy, freeBytes: 0.5 * MIB, sizeBytes: MIB };
    const uncounted = { ...roomy, freeInodes: 0, inodes: 0 };
    const sizeless = { ...roomy, freeBytes: 0, sizeBytes: 0 };
    expect(explainFullDisk([roomy, small, uncounted, sizeless])).toBeUndefined();
  });
});

describe('readFileSystems', () => {
  it('looks at each path once, and at none that is not there or not for writing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-disk-'));
    try {
      const found = readFileSystems([folder, folder, join(folder, 'none'), '/sys/kernel']);
      expect(found.map(({ path }) => path).filter((path) => !path.startsWith('/sys'))).toEqual([folder]);
      expect(found[0]?.sizeBytes).toBeGreaterThan(MIB);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
