import { isoTime } from '../../common/clock.ts';
import { deleteStaleArtifacts, expiredArtifacts, markExpired } from '../../store/artifacts.ts';
import { ABANDONED_MS, UPLOADS } from '../blobs/uploads.ts';
import type { ServerContext } from '../context.ts';
import { artifactBlob } from './names.ts';

/** As long as the row of an expired artifact still tells that there was one. */
const TOLD_MS = 90 * 24 * 60 * 60 * 1000;

/** Removes the content of artifacts whose time has come, and uploads, of caches too, that were given up. */
export async function expireArtifacts(context: Pick<ServerContext, 'db' | 'blobs' | 'clock'>): Promise<void> {
  const { db, blobs, clock } = context;
  const now = clock.now();
  for (const artifact of await expiredArtifacts(db, isoTime(now))) {
    // Should the server stop in between, the next round finds the row and tries again.
    await blobs.delete(artifactBlob(artifact));
    await markExpired(db, artifact.id, isoTime(now));
  }
  await deleteStaleArtifacts(db, {
    uploadsBefore: isoTime(now - ABANDONED_MS),
    expiredBefore: isoTime(now - TOLD_MS),
  });
  await blobs.sweep(UPLOADS, now - ABANDONED_MS);
}
