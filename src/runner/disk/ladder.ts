/** What may go when room is short, and in which order. Pure. */

/** A version of a tool in the tool cache. */
export interface CachedTool {
  tool: string;
  version: string;
  lastUsedMs: number;
}

const DAY_MS = 24 * 3_600_000;
/** A job of another runner may work with what was used lately; file systems tell the time of use to a day. */
const IN_USE_MS = 2 * DAY_MS;

/**
 * Tools that may go, those that are missed least first: versions that a newer use of the same tool has overtaken, then the
 * rest, each by its last use. What was used in the last two days stays.
 */
export function toolsToRemove<T extends CachedTool>(tools: readonly T[], nowMs: number): T[] {
  const newest = new Map<string, number>();
  for (const { tool, lastUsedMs } of tools) newest.set(tool, Math.max(newest.get(tool) ?? 0, lastUsedMs));
  const isLast = ({ tool, lastUsedMs }: T): boolean => lastUsedMs === newest.get(tool);
  return tools
    .filter(({ lastUsedMs }) => nowMs - lastUsedMs > IN_USE_MS)
    .sort((a, b) => Number(isLast(a)) - Number(isLast(b)) || a.lastUsedMs - b.lastUsedMs);
}

export interface Rung {
  /** For the report, such as `node 20.1.0 of the tool cache`. */
  what: string;
  remove(): Promise<unknown>;
}

export interface Reclaimed {
  /** What went, with what it freed. */
  report: string[];
  /** Why there is still too little; undefined when there is enough. */
  shortage: string | undefined;
}

/** Climbs until there is room. What cannot be removed is passed over. @param look at the room that there is */
export async function climb(
  rungs: AsyncIterable<Rung>,
  look: () => { shortage: string | undefined; freeBytes: number; freeInodes: number },
  tell: (freed: { bytes: number; inodes: number }) => string,
): Promise<Reclaimed> {
  const report: string[] = [];
  let before = look();
  if (before.shortage === undefined) return { report, shortage: undefined };
  for await (const { what, remove } of rungs) {
    const isDone = await remove().then(
      () => true,
      () => false,
    );
    const after = look();
    const freed = { bytes: after.freeBytes - before.freeBytes, inodes: after.freeInodes - before.freeInodes };
    if (isDone && (freed.bytes > 0 || freed.inodes > 0)) report.push(`${what}: ${tell(freed)}`);
    before = after;
    if (after.shortage === undefined) break;
  }
  return { report, shortage: before.shortage };
}
