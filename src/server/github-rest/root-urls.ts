/** Where GitHub's REST begins; clients find the way from there where the chapter is served. */
const ROOT: Record<string, string> = {
  current_user: '/user',
  authorizations: '/authorizations',
  code_search: '/search/code?q={query}{&page,per_page,sort,order}',
  commit_search: '/search/commits?q={query}{&page,per_page,sort,order}',
  emails: '/user/emails',
  emojis: '/emojis',
  events: '/events',
  feeds: '/feeds',
  followers: '/user/followers',
  following: '/user/following{/target}',
  gists: '/gists{/gist_id}',
  issue_search: '/search/issues?q={query}{&page,per_page,sort,order}',
  issues: '/issues',
  keys: '/user/keys',
  label_search: '/search/labels?q={query}&repository_id={repository_id}{&page,per_page}',
  notifications: '/notifications',
  organization: '/orgs/{org}',
  organization_repositories: '/orgs/{org}/repos{?type,page,per_page,sort}',
  organization_teams: '/orgs/{org}/teams',
  public_gists: '/gists/public',
  rate_limit: '/rate_limit',
  repository: '/repos/{owner}/{repo}',
  repository_search: '/search/repositories?q={query}{&page,per_page,sort,order}',
  current_user_repositories: '/user/repos{?type,page,per_page,sort}',
  starred: '/user/starred{/owner}{/repo}',
  starred_gists: '/gists/starred',
  user: '/users/{user}',
  user_organizations: '/user/orgs',
  user_repositories: '/users/{user}/repos{?type,page,per_page,sort}',
  user_search: '/search/users?q={query}{&page,per_page,sort,order}',
};

export function rootUrls(publicUrl: string): Record<string, string> {
  const urls = Object.entries(ROOT).map(([name, path]) => [`${name}_url`, `${publicUrl}/api/v3${path}`]);
  const html = `${publicUrl}/settings/connections/applications{/client_id}`;
  return { ...Object.fromEntries(urls), current_user_authorizations_html_url: html };
}
