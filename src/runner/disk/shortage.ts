/** When a machine has too little room for another job. Pure. */
import type { FileSystem } from '../worker/causes/disk.ts';

/** What must be free; 0 asks for nothing. */
export interface WantedRoom {
  bytes: number;
  percent: number;
  inodes: number;
}

/** Of a small file system that much is wanted at most, or a runner there would never take a job. */
const LARGEST_SHARE = 0.1;

/** One sentence; undefined while there is room. */
export function shortageOf(fileSystem: FileSystem, wanted: WantedRoom): string | undefined {
  const { path, freeBytes, sizeBytes, freeInodes, inodes } = fileSystem;
  const bytes = Math.max(Math.min(wanted.bytes, sizeBytes * LARGEST_SHARE), (sizeBytes * wanted.percent) / 100);
  if (sizeBytes > 0 && freeBytes < bytes) {
    return `the file system of ${path} has ${sizeText(freeBytes)} of ${sizeText(sizeBytes)} free, and ${sizeText(bytes)} are wanted`;
  }
  const wantedInodes = Math.floor(Math.min(wanted.inodes, inodes * LARGEST_SHARE));
  if (inodes > 0 && freeInodes < wantedInodes) {
    return `the file system of ${path} has ${freeInodes} of ${inodes} inodes free, and ${wantedInodes} are wanted`;
  }
  return undefined;
}

export function sizeText(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
