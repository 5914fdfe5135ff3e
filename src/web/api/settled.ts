/** What is being read now, and whether an event about it came meanwhile. */
const reads = new Map<string, Set<{ overtaken: boolean }>>();

/** An event about `resource` came: an answer under way may be older than it. */
export function markOvertaken(resource: string): void {
  for (const read of reads.get(resource) ?? []) read.overtaken = true;
}

/**
 * Reads until no event about the resource came during the read, so that an old answer never overwrites a newer event.
 * Tries three times: a resource that busy sends its next event soon.
 */
export async function readSettled<T>(resource: string, read: () => Promise<T>): Promise<T> {
  const mark = { overtaken: false };
  const marks = reads.get(resource) ?? new Set();
  reads.set(resource, marks.add(mark));
  try {
    for (let tries = 1; ; tries++) {
      mark.overtaken = false;
      const answer = await read();
      if (!mark.overtaken || tries === 3) return answer;
    }
  } finally {
    marks.delete(mark);
  }
}
