import { git, gitConfig } from './git.ts';

export interface Push {
  /** Where git runs. */
  folder: string;
  /** Variables that name the repository and its object folders. */
  env: Record<string, string>;
  server: { url: string; token: string };
  /** `owner/name` on the server; created by the push when it is not there. */
  repository: string;
  sha: string;
  /** Full ref. */
  ref: string;
  /** Do not start workflows for it. */
  skipCi: boolean;
}

/**
 * Pushes one commit by smart HTTP. The user's own settings must not change what happens: no hooks, no proxy, no
 * submodules, no signatures.
 */
export async function push(options: Push, signal?: AbortSignal): Promise<void> {
  const { server, repository, sha, ref } = options;
  const env = {
    ...options.env,
    ...gitConfig({
      'http.extraHeader': `Authorization: Basic ${Buffer.from(`x:${server.token}`).toString('base64')}`,
      'http.proxy': '',
      'credential.helper': '',
      'core.hooksPath': '/dev/null',
      'push.followTags': 'false',
      'push.gpgSign': 'false',
      'push.recurseSubmodules': 'no',
    }),
  };
  const skip = options.skipCi ? ['--push-option=ci.skip'] : [];
  const args = ['push', '--quiet', ...skip, `${server.url}/${repository}.git`, `${sha}:${ref}`];
  await git(args, { cwd: options.folder, env, signal });
}
