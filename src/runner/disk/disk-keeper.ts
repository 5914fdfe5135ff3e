/** Looks whether there is room for a job, and makes some where there is not. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { errorText } from '../../common/errors.ts';
import { numberSetting } from '../../common/settings.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { type FileSystem, readFileSystems } from '../worker/causes/disk.ts';
import { jobFolders } from '../worker/folders.ts';
import { shortageOf, type WantedRoom } from './shortage.ts';

const MIB = 2 ** 20;

/** @throws UserError `bad-setting` */
export const wantedRoom = (): WantedRoom => ({
  bytes: numberSetting('diskMinFreeMb', 0, 100_000_000) * MIB,
  percent: numberSetting('diskMinFreePercent', 0, 90),
  inodes: numberSetting('diskMinFreeInodes', 0, 1_000_000_000),
});

export class DiskKeeper {
  readonly #wanted: WantedRoom;
  readonly #work: string;
  readonly #diagnostics: Diagnostics;
  #report: string[] = [];

  /** @throws UserError `bad-setting` */
  constructor(workFolder: string, diagnostics: Diagnostics) {
    this.#wanted = wantedRoom();
    this.#work = workFolder;
    this.#diagnostics = diagnostics;
  }

  /** Called while there is no job. Quick while there is room. @returns why no job can be taken; undefined when it can */
  async makeRoom(): Promise<string | undefined> {
    try {
      for (const path of this.#paths()) {
        const shortage = await this.#makeRoomIn(path);
        if (shortage !== undefined) return shortage;
      }
    } catch (error) {
      // A folder that cannot be made or read: the job says so better.
      this.#diagnostics.note(`the disk could not be looked at: ${errorText(error)}`);
    }
    return undefined;
  }

  /** What was freed since the last call, for the log of the next job. */
  takeReport(): string[] {
    const report = this.#report;
    this.#report = [];
    return report;
  }

  /** The work folder, and the tool cache where that lies elsewhere. */
  #paths(): string[] {
    mkdirSync(this.#work, { recursive: true });
    const { toolCache } = jobFolders(this.#work, '');
    const paths = [this.#work, ...(existsSync(toolCache) ? [toolCache] : [])];
    const devices = paths.map((path) => statSync(path).dev);
    return paths.filter((_path, index) => devices.indexOf(devices[index] ?? -1) === index);
  }

  async #makeRoomIn(path: string): Promise<string | undefined> {
    const first = this.#look(path);
    if (first.shortage === undefined) return undefined;
    this.#diagnostics.say(`Disk short: ${first.shortage}; freeing some`);
    // Loaded here: mostly there is room.
    const [{ climb }, { rungsOf }, { sizeText }] = await Promise.all([
      import('./ladder.ts'),
      import('./rungs.ts'),
      import('./shortage.ts'),
    ]);
    const { temp, toolCache, work } = jobFolders(this.#work, '');
    const { report, shortage } = await climb(
      rungsOf({ temp, toolCache, work }, statSync(path).dev),
      () => this.#look(path),
      ({ bytes, inodes }) => `${sizeText(Math.max(bytes, 0))}, ${Math.max(inodes, 0)} inodes`,
    );
    const lines = [`Disk short: ${first.shortage}.`, ...report.map((line) => `Freed ${line}`)];
    for (const line of lines.slice(1)) this.#diagnostics.note(line);
    this.#report.push(...lines);
    return shortage;
  }

  #look(path: string): { shortage: string | undefined; freeBytes: number; freeInodes: number } {
    const [found] = readFileSystems([path]);
    // One that cannot be written to says so by itself, in the job.
    if (!found) return { shortage: undefined, freeBytes: 0, freeInodes: 0 };
    const { freeBytes, freeInodes }: FileSystem = found;
    return { shortage: shortageOf(found, this.#wanted), freeBytes, freeInodes };
  }
}
