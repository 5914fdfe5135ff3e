/** Something that `start…()` returned: after `close()` no timer, socket or child of it is left. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Closes in the given order, each even if an earlier one failed.
 * @throws the first failure, after all were tried
 */
export async function closeAll(parts: Iterable<Closable>): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) await part.close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
