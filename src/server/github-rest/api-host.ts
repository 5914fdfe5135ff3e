/**
 * On a host called `api.…` REST begins at `/`, as on api.github.com, and GraphQL is at `/graphql`; what names the longer
 * paths of GitHub Enterprise Server finds them there too. A server whose own address has such a name keeps all its
 * surfaces: runners, git and page are there as well.
 * @param url path and query of a request, in the form that HTTP sends them
 * @param host of its `Host` header
 * @returns where the routes are
 */
export function pathOnApiHost(url: string, host: string | undefined, publicUrl: string): string {
  if (!host || !/^api\./i.test(host) || !url.startsWith('/') || /^\/api(\/|$)/.test(url)) return url;
  if (URL.canParse(publicUrl) && new URL(publicUrl).hostname === nameIn(host)) return url;
  return /^\/graphql(\?|$)/.test(url) ? `/api${url}` : `/api/v3${url}`;
}

const nameIn = (host: string): string => host.toLowerCase().replace(/:\d+$/, '');
