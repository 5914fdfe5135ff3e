/** An archive that is unpacked in a container before it starts: the JIT config, and folders that are open to everybody. */
import { Header } from 'tar';

const BLOCK_BYTES = 512;

export interface ArchiveEntry {
  /** Absolute. */
  path: string;
  /** A file's content; without one it is a folder. */
  content?: string;
}

/** Folders may be written to by everybody, as an emptyDir may; files are read by everybody in the container. */
export function archiveOf(entries: ArchiveEntry[]): Buffer {
  const end = Buffer.alloc(BLOCK_BYTES * 2);
  return Buffer.concat([...entries.flatMap(({ path, content }) => entryOf(path, content)), end]);
}

function entryOf(path: string, content: string | undefined): Buffer[] {
  const body = Buffer.from(content ?? '');
  const header = new Header({
    path: path.replace(/^\/+/, ''),
    type: content === undefined ? 'Directory' : 'File',
    mode: content === undefined ? 0o777 : 0o644,
    size: body.length,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
  });
  const block = Buffer.alloc(BLOCK_BYTES);
  header.encode(block, 0);
  return [block, body, Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES)];
}
