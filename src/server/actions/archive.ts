import { finished, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { killGit, spawnGit } from '../git/child.ts';
import type { ActionSource } from './upstream.ts';

export type ArchiveFormat = 'tar.gz' | 'zip';

/**
 * The files of a commit, in the one folder that the official runner expects around them (runner-protocol 7). The
 * stream fails when git does.
 */
export function archiveOf({ folder, sha }: ActionSource, name: string, format: ArchiveFormat): Readable {
  const args = ['archive', `--format=${format === 'zip' ? 'zip' : 'tar'}`, `--prefix=${name}-${sha}/`, sha];
  const child = spawnGit(args, { folder });
  child.stdin.end();
  child.stderr.resume();
  // Speed before size: it mostly goes over a short way, and once.
  const body = format === 'zip' ? child.stdout : child.stdout.pipe(createGzip({ level: 1 }));
  child.once('error', (error) => body.destroy(error));
  child.once('close', (code) => {
    if (code !== 0) body.destroy(new Error(`git archive ended with ${code}`));
  });
  finished(body, () => killGit(child));
  return body;
}
