import { runGit } from './child.ts';

const FOLDER = '.github/workflows/';
/** Of some 40,000 files. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

export interface WorkflowEntry {
  path: string;
  /** Id of the blob: equal ids are equal texts. */
  blob: string;
  sizeBytes: number;
}

/**
 * The files directly in `.github/workflows` (SEM-1.1), sorted by path.
 * @throws OutsideError when there is no such commit, or the list is too long
 */
export async function listWorkflowFiles(folder: string, sha: string): Promise<WorkflowEntry[]> {
  const { stdout } = await runGit(['ls-tree', '-l', '-z', '--full-tree', sha, '--', FOLDER], {
    folder,
    maxBytes: MAX_LIST_BYTES,
  });
  const entries: WorkflowEntry[] = [];
  for (const line of stdout.toString('utf8').split('\0')) {
    // A symbolic link (mode 120000) is no workflow file.
    const [, blob, size, path] = /^100\d{3} blob (\S+) +(\d+)\t(.+)$/s.exec(line) ?? [];
    if (blob && size && path && /\.ya?ml$/.test(path)) entries.push({ path, blob, sizeBytes: Number(size) });
  }
  return entries;
}

/** The texts of blobs by their id, from one git process. */
export async function readWorkflowTexts(folder: string, blobs: string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (blobs.length === 0) return texts;
  const { stdout } = await runGit(['cat-file', '--batch'], { folder, input: `${blobs.join('\n')}\n` });
  let at = 0;
  for (const blob of blobs) {
    const endOfHeader = stdout.indexOf('\n', at);
    const sizeBytes = Number(stdout.toString('latin1', at, endOfHeader).split(' ')[2]);
    at = endOfHeader + 1;
    texts.set(blob, stdout.toString('utf8', at, at + sizeBytes));
    at += sizeBytes + 1;
  }
  return texts;
}
