/**
 * `GET /repos/:owner/:repo/mirror`; `PUT` makes it of `{ url, token? }` and fetches at once, `POST …/sync` fetches, `DELETE`
 * leaves the repository as it is. Needs admin access.
 */
export interface MirrorState {
  /** Of the original: `https://github.com/owner/name`. */
  url: string;
  /** Without one, nothing is told to the original. */
  hasToken: boolean;
  fetchedAt: string | null;
  /** Why the last fetch, or the last message to the original, failed. */
  problem: string | null;
  /** Webhooks that wait for a fetch. */
  waiting: number;
}
