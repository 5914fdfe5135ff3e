import { runGit } from './child.ts';

export interface WorkflowFile {
  path: string;
  /** Empty when the file is too large. */
  text: string;
  tooLarge?: boolean;
}

/** SEM-1.9 */
const MAX_FILE_BYTES = 1024 * 1024;
const FOLDER = '.github/workflows/';

interface TreeEntry {
  path: string;
  object: string;
  sizeBytes: number;
}

/** The files directly in `.github/workflows` (SEM-1.1), sorted by path. Two git processes, whatever their number. */
export async function readWorkflowFiles(folder: string, sha: string): Promise<WorkflowFile[]> {
  const entries = await listFiles(folder, sha);
  const readable = entries.filter(({ sizeBytes }) => sizeBytes <= MAX_FILE_BYTES);
  const texts = await readBlobs(folder, [...new Set(readable.map(({ object }) => object))]);
  return entries.map(({ path, object }) => {
    const text = texts.get(object);
    return text === undefined ? { path, text: '', tooLarge: true } : { path, text };
  });
}

async function listFiles(folder: string, sha: string): Promise<TreeEntry[]> {
  const { stdout } = await runGit(['ls-tree', '-l', '-z', '--full-tree', sha, '--', FOLDER], { folder });
  const entries: TreeEntry[] = [];
  for (const line of stdout.toString('utf8').split('\0')) {
    // A symbolic link (mode 120000) is no workflow file.
    const [, object, size, path] = /^100\d{3} blob (\S+) +(\d+)\t(.+)$/s.exec(line) ?? [];
    if (object && size && path && /\.ya?ml$/.test(path)) entries.push({ path, object, sizeBytes: Number(size) });
  }
  return entries;
}

async function readBlobs(folder: string, objects: string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (objects.length === 0) return texts;
  const { stdout } = await runGit(['cat-file', '--batch'], { folder, input: `${objects.join('\n')}\n` });
  let at = 0;
  for (const object of objects) {
    const endOfHeader = stdout.indexOf('\n', at);
    const sizeBytes = Number(stdout.toString('latin1', at, endOfHeader).split(' ')[2]);
    at = endOfHeader + 1;
    texts.set(object, stdout.toString('utf8', at, at + sizeBytes));
    at += sizeBytes + 1;
  }
  return texts;
}
