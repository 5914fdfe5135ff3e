import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutsideError } from '../../../common/errors.ts';
import { unpack } from './archive.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'switchyard-archive-'));
  folder = join(root, 'action');
  await mkdir(folder);
});
afterEach(() => rm(root, { recursive: true }));

type Entry = Omit<HeaderData, 'size'> & { text?: string };

function tar(...entries: Entry[]): Buffer {
  const blocks = entries.flatMap(({ text = '', ...header }) => {
    const head = Buffer.alloc(512);
    const size = Buffer.byteLength(text);
    new Header({ type: 'File', mode: 0o644, ...header, size }).encode(head);
    return [head, Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (size % 512)) % 512)])];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const MANIFEST: Entry = { path: 'top/action.yml', text: 'name: x' };

async function refusal(body: Buffer, limits?: { bytes: number; entries: number }): Promise<string> {
  const failed = unpack('me/tool@v1', Readable.from([body]), folder, limits);
  const error = await failed.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'bad-archive' });
  return (error as Error).message;
}

describe('unpack', () => {
  it('puts files, folders and links between them into the folder, without the one around them', async () => {
    const entries: Entry[] = [
      { path: 'top/', type: 'Directory', mode: 0o755 },
      MANIFEST,
      { path: 'top/bin/run', text: '#!/bin/sh', mode: 0o755 },
      { path: 'top/dist/link', type: 'SymbolicLink', linkpath: '../bin/run' },
      { path: 'top/hard', type: 'Link', linkpath: 'top/bin/run' },
    ];
    await unpack('me/tool@v1', Readable.from([gzipSync(tar(...entries))]), folder);
    expect((await readdir(folder)).sort()).toEqual(['action.yml', 'bin', 'dist', 'hard']);
    expect(await readFile(join(folder, 'dist/link'), 'utf8')).toBe('#!/bin/sh');
    expect(await readlink(join(folder, 'dist/link'))).toBe('../bin/run');
    expect(await readFile(join(folder, 'hard'), 'utf8')).toBe('#!/bin/sh');
  });

  it.each<[string, Entry[], string]>([
    ['a path with ..', [{ path: 'top/../../evil', text: 'x' }], 'the path "top/../../evil" leads out of it'],
    ['a path that only begins with ..', [{ path: '../evil', text: 'x' }], 'leads out of it'],
    ['an absolute path', [{ path: '/tmp/evil', text: 'x' }], 'the path "/tmp/evil" leads out of it'],
    ['a link out of it', [{ path: 'top/a', type: 'SymbolicLink', linkpath: '../evil' }], 'leads to "../evil"'],
    ['an absolute link', [{ path: 'top/a', type: 'SymbolicLink', linkpath: '/etc' }], 'leads to "/etc", out of it'],
    ['a hard link out of it', [{ path: 'top/a', type: 'Link', linkpath: 'top/../../evil' }], 'out of it'],
    ['a device', [{ path: 'top/null', type: 'CharacterDevice', devmaj: 1, devmin: 3 }], 'CharacterDevice'],
    ['a block device', [{ path: 'top/disk', type: 'BlockDevice', devmaj: 8, devmin: 0 }], 'BlockDevice'],
    ['a pipe', [{ path: 'top/pipe', type: 'FIFO' }], 'FIFO'],
  ])('refuses %s, and leaves nothing outside', async (_, entries, sentence) => {
    expect(await refusal(tar(MANIFEST, ...entries))).toContain(sentence);
    expect(await readdir(root)).toEqual(['action']);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  it('writes through no link of its own', async () => {
    const entries: Entry[] = [
      { path: 'top/real/', type: 'Directory', mode: 0o755 },
      { path: 'top/way', type: 'SymbolicLink', linkpath: 'real' },
      { path: 'top/way/file', text: 'x' },
    ];
    await unpack('me/tool@v1', Readable.from([tar(...entries)]), folder).catch(() => undefined);
    expect(existsSync(join(folder, 'real/file'))).toBe(false);
  });

  it('refuses one that unpacks to more than an action may be, and reads no further', async () => {
    let given = 0;
    const body = Readable.from(
      (function* () {
        yield tar(MANIFEST).subarray(0, 1024);
        for (; given < 1000; given++) yield tar({ path: `top/${given}`, text: 'x'.repeat(10_000) }).subarray(0, 10_752);
      })(),
    );
    const limits = { bytes: 50_000, entries: 1000 };
    await expect(unpack('me/tool@v1', body, folder, limits)).rejects.toThrow(/larger than any action may be/);
    expect(given).toBeLessThan(100);
    expect(await refusal(tar(MANIFEST, MANIFEST, MANIFEST), { bytes: 1e6, entries: 2 })).toContain('larger than');
  });

  it('refuses one that was cut, is empty, or is none', async () => {
    const text = Array.from({ length: 3000 }, () => Math.random()).join();
    const whole = gzipSync(tar(MANIFEST, { path: 'top/long', text }));
    expect(await refusal(whole.subarray(0, whole.length / 2))).toMatch(/refused: .*(unexpected end|Truncated)/);
    expect(await refusal(tar({ path: 'top/long', text }).subarray(0, 5000))).toContain('Truncated');
    for (const empty of [Buffer.alloc(0), tar()]) expect(await refusal(empty)).toContain('Unrecognized archive format');
    expect(await refusal(Buffer.from('<html>Not found</html>'.repeat(100)))).toMatch(/Unrecognized archive|checksum/);
  });

  it('asks again when the connection broke: that is no fault of the archive', async () => {
    const body = new Readable({ read: () => undefined });
    const unpacked = unpack('me/tool@v1', body, folder);
    body.push(tar(MANIFEST).subarray(0, 700));
    body.destroy(new Error('aborted'));
    const error = await unpacked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OutsideError);
    expect(error).toMatchObject({ retryable: true });
  });
});
