import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/server/blobs/digest.ts';
import { FolderBlobs } from '../../src/store/blobs-folder.ts';
import { spentMs } from '../support/thread-time.ts';

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the digest of a blob', () => {
  let folder: string;
  let blobs: FolderBlobs;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'digest-'));
    blobs = new FolderBlobs(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function stored(name: string, sizeBytes: number): Promise<Buffer> {
    const bytes = randomBytes(sizeBytes);
    await blobs.write(name, Readable.from([bytes]));
    return bytes;
  }

  it('is that of its bytes, whether it is hashed here or beside, alone or with others', async () => {
    const sizes = [0, 1, 512 * 1024, 3 * MIB + 17];
    const all = await Promise.all(sizes.map(async (size) => sha256(await stored(`b${size}`, size))));
    for (const hereBytes of [-1, Number.POSITIVE_INFINITY])
      expect(await Promise.all(sizes.map((size) => digestOf(blobs, `b${size}`, hereBytes)))).toEqual(all);
  });

  it('is that of a blob in blocks', async () => {
    const parts = [randomBytes(MIB), randomBytes(700_000)];
    for (const [index, part] of parts.entries()) await blobs.stage('blocks', String(index), Readable.from([part]));
    await blobs.commit('blocks', ['0', '1']);
    expect(await digestOf(blobs, 'blocks', 0)).toBe(sha256(Buffer.concat(parts)));
  });

  it('of a large blob costs the thread of the server less than half of what it would take there', async () => {
    const bytes = await stored('large', 128 * MIB);
    const costOf = async (hereBytes?: number): Promise<number> => {
      const before = spentMs();
      expect(await digestOf(blobs, 'large', hereBytes)).toBe(digest);
      return spentMs() - before;
    };
    const digest = sha256(bytes);
    expect(await costOf()).toBeLessThan((await costOf(Number.POSITIVE_INFINITY)) / 2);
  });

  it('of a blob that is not there, or that cannot be read to its end, is an error, and the next one is made', async () => {
    await expect(digestOf(blobs, 'none')).rejects.toThrow('there is no blob "none"');
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(MIB);
        throw new Error('the disk is gone');
      })(),
    );
    const failing = Object.assign(Object.create(blobs) as FolderBlobs, {
      size: async () => 2 * MIB,
      read: async () => ({ stream: broken, size: 2 * MIB }),
    });
    await expect(digestOf(failing, 'broken', 0)).rejects.toThrow('the disk is gone');
    const bytes = await stored('next', MIB);
    expect(await digestOf(blobs, 'next', 0)).toBe(sha256(bytes));
  });
});
