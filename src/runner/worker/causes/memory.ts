/** What the kernel tells of lack of memory, by the control group (version 2 or 1) that a job's processes run in. */
import { dirname, join } from 'node:path';
import { type Hierarchy, readHierarchies, readText } from '../../../common/control-groups/index.ts';

export interface MemoryFacts {
  /** Processes that the kernel has ended for lack of memory, ever. */
  oomKills: number;
  /** Whose: of the control group, or of the whole machine where the group keeps no count. */
  of: 'group' | 'machine';
  limitBytes: number | undefined;
  /** Highest use since the group was made. */
  peakBytes: number | undefined;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

/** @param whose such as `the container`; its limit is undefined where it has none */
export function outOfMemory(
  whose: string,
  { limitBytes, peakBytes }: Pick<MemoryFacts, 'limitBytes' | 'peakBytes'>,
): string {
  const peak = peakBytes === undefined ? '' : `, its peak ${mebibytes(peakBytes)}`;
  return limitBytes === undefined
    ? `Out of memory: ${whose} has no limit of its own${peak}, so the machine had none left.`
    : `Out of memory: the limit of ${whose} is ${mebibytes(limitBytes)}${peak}.`;
}

/**
 * Files of the control group that this process is in.
 * @param root where `/proc` and `/sys` are
 */
export class OwnMemory {
  readonly #root: string;
  readonly #group: Hierarchy | undefined;

  constructor(root = '/') {
    this.#root = root;
    this.#group = findGroup(root);
  }

  /** Quick: a step is not to wait for it. Undefined where nothing is known. */
  read(): MemoryFacts | undefined {
    const counted = this.#group && numberAfter('oom_kill', this.#readGroup(this.#group.isV2 ? V2.events : V1.events));
    const oomKills = counted ?? numberAfter('oom_kill', readText(join(this.#root, 'proc/vmstat')));
    if (oomKills === undefined) return undefined;
    if (counted === undefined) return { oomKills, of: 'machine', limitBytes: undefined, peakBytes: undefined };
    const files = this.#group?.isV2 ? V2 : V1;
    return { oomKills, of: 'group', limitBytes: this.#limit(), peakBytes: toBytes(this.#readGroup(files.peak)) };
  }

  /** The smallest of the group and those that it is in. */
  #limit(): number | undefined {
    if (!this.#group) return undefined;
    const { own, top, isV2 } = this.#group;
    const limits: number[] = [];
    for (let at = own; at.length >= top.length; at = dirname(at)) {
      const limit = toBytes(readText(join(at, isV2 ? V2.limit : V1.limit)));
      if (limit !== undefined) limits.push(limit);
    }
    return limits.length > 0 ? Math.min(...limits) : undefined;
  }

  #readGroup(file: string): string {
    return this.#group ? readText(join(this.#group.own, file)) : '';
  }
}

/** The second version counts only where it has the controller of memory; the first has it wherever it is mounted. */
function findGroup(root: string): Hierarchy | undefined {
  const hierarchies = readHierarchies(root);
  const first = hierarchies.find(({ controllers }) => controllers.includes('memory'));
  return first ?? hierarchies.find(({ isV2 }) => isV2);
}

const V2 = { events: 'memory.events', limit: 'memory.max', peak: 'memory.peak' };
const V1 = { events: 'memory.oom_control', limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' };

/** Version 1 says "no limit" by the largest number of pages there is. */
const NO_LIMIT_BYTES = 2 ** 60;

function toBytes(text: string): number | undefined {
  const bytes = Number.parseInt(text, 10);
  return Number.isFinite(bytes) && bytes < NO_LIMIT_BYTES ? bytes : undefined;
}

function numberAfter(name: string, text: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
