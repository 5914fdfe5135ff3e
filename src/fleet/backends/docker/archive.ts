/** An archive that is unpacked in a container before it starts: the JIT config, files of volumes, folders that are open to everybody. */
import { relative } from 'node:path/posix';
import { Header, Pax } from 'tar';
import { liesIn } from './folders.ts';

const BLOCK_BYTES = 512;

export interface ArchiveEntry {
  /** Absolute, or relative to where the archive is unpacked. */
  path: string;
  /** A file's content; without one it is a folder. */
  content?: string | Buffer;
  /** Without it a folder may be written to by everybody, as an emptyDir may, and a file is read by everybody. */
  mode?: number;
  /** Id of the group; the user is root. */
  group?: number;
}

export interface Copying {
  folder: string;
  /** Paths are relative to it. */
  within: ArchiveEntry[];
}

/** The entries by the innermost of these folders that they lie in; what is in none stays at the root. */
export function perFolder(entries: ArchiveEntry[], folders: string[]): Copying[] {
  const found = new Map<string, ArchiveEntry[]>();
  for (const entry of entries) {
    const around = folders.filter((folder) => liesIn(entry.path, folder)).sort((a, b) => b.length - a.length);
    const folder = around[0] ?? '/';
    const within = { ...entry, path: relative(folder, entry.path) || '.' };
    found.set(folder, [...(found.get(folder) ?? []), within]);
  }
  return [...found].map(([folder, within]) => ({ folder, within }));
}

export function archiveOf(entries: ArchiveEntry[]): Buffer {
  const end = Buffer.alloc(BLOCK_BYTES * 2);
  return Buffer.concat([...entries.flatMap(entryOf), end]);
}

function entryOf({ path, content, mode = content === undefined ? 0o777 : 0o644, group = 0 }: ArchiveEntry): Buffer[] {
  const body = Buffer.from(content ?? '');
  const header = new Header({
    path: path.replace(/^\/+/, ''),
    type: content === undefined ? 'Directory' : 'File',
    mode,
    size: body.length,
    uid: 0,
    gid: group,
    mtime: new Date(0),
  });
  const block = Buffer.alloc(BLOCK_BYTES);
  // A path that is longer than a header has room for goes before it.
  const isLong = header.encode(block, 0);
  const long = isLong ? [new Pax(header).encode()] : [];
  return [...long, block, body, Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES)];
}
