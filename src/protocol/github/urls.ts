/** Where a GitHub's REST lies, from the URL people know it by. Source: runner-protocol 1.1 and 10. */
import type { RunnerScope } from './runner-scope.ts';

/** github.com and its data-residency hosts keep REST on a sub-domain; everything else below `/api/v3`. */
const HOSTED = /^(?:(?:www\.)?github\.com|github\.localhost|.+\.ghe\.com|.+\.ghe\.localhost)$/;

/** Whether GitHub runs the server that `serverUrl` names. */
export const isHosted = (serverUrl: string): boolean => HOSTED.test(new URL(serverUrl).hostname);

/**
 * REST base without a trailing slash. The port is kept, unlike in the official runner (runner-protocol 1.1, trap 1).
 * @param serverUrl `https://github.com`, a GitHub Enterprise Server's address, or our own server's
 */
export function apiUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  if (!isHosted(serverUrl)) return `${url.origin}/api/v3`;
  return `${url.protocol}//api.${url.host.replace(/^www\./, '')}`;
}

/** The place that the `--url` of a runner names; undefined when it names none. */
export function scopeOfUrl(url: string): RunnerScope | undefined {
  const [first = '', second = '', ...rest] = new URL(url).pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (first === '' || rest.length > 0) return undefined;
  if (second === '') return { kind: 'organization', name: first };
  if (first.toLowerCase() === 'enterprises') return { kind: 'enterprise', name: second };
  return { kind: 'repository', owner: first, name: second };
}
