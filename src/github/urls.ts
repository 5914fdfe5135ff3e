/** Where a GitHub's REST lies, from the URL people know it by. Source: runner-protocol 1.1 and 10. */

/** github.com and its data-residency hosts keep REST on a sub-domain; everything else below `/api/v3`. */
const HOSTED = /^(?:(?:www\.)?github\.com|github\.localhost|.+\.ghe\.com|.+\.ghe\.localhost)$/;

/**
 * REST base without a trailing slash. The port is kept, unlike in the official runner (runner-protocol 1.1, trap 1).
 * @param serverUrl `https://github.com`, a GitHub Enterprise Server's address, or our own server's
 */
export function apiUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  if (!HOSTED.test(url.hostname)) return `${url.origin}/api/v3`;
  return `${url.protocol}//api.${url.host.replace(/^www\./, '')}`;
}
