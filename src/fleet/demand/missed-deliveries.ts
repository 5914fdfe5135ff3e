/** Deliveries that never arrived: GitHub does not send again by itself, but when it is asked (on-demand-runners 4.5). */
import { z } from 'zod';
import type { GitHubClient } from '../../github/index.ts';
import type { JobRecord } from './job-record.ts';

const PER_PAGE = 100;
/** After that the comparison with the server's lists has long found the job. */
const GIVE_UP_MS = 3 * 3_600_000;

const Deliveries = z.array(
  z.object({
    id: z.number(),
    guid: z.string(),
    delivered_at: z.iso.datetime({ offset: true }),
    event: z.string(),
  }),
);

/**
 * Asks the webhook for every `workflow_job` delivery of the last hours that is not in the record, whatever status the
 * sender has for it: one that it calls delivered may have been answered by a proxy.
 * @param hook path of the webhook below REST, such as `/repos/octo/app/hooks/1`
 * @returns how many deliveries were asked for
 * @throws OutsideError when the webhook cannot be read
 */
export async function askForMissed(
  client: GitHubClient,
  record: JobRecord,
  hook: string,
  nowMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const deliveries = await client.request(Deliveries, { path: `${hook}/deliveries?per_page=${PER_PAGE}` }, signal);
  const missed = new Map<string, number>();
  for (const { id, guid, event, delivered_at: at } of deliveries) {
    if (event !== 'workflow_job' || nowMs - Date.parse(at) > GIVE_UP_MS) continue;
    if (!record.has(guid) && !missed.has(guid)) missed.set(guid, id);
  }
  for (const id of missed.values()) {
    await client.send({ method: 'POST', path: `${hook}/deliveries/${id}/attempts` }, signal);
  }
  return missed.size;
}
