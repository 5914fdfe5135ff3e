/** Which actions jobs may use, and in which words they must name them. */
import { booleanSetting, setting } from '../../common/settings.ts';

export interface ActionsPolicy {
  /** Base URL of the GitHub that the server fetches actions from; undefined: only its own repositories have any. */
  upstream: string | undefined;
  upstreamToken: string | undefined;
  /** Patterns of `owner/name` that may come from upstream. */
  allowed: string[];
  /** Only full commit ids will do. */
  requireSha: boolean;
}

/** @throws UserError for a setting that makes no sense */
export function readPolicy(): ActionsPolicy {
  return {
    upstream: setting('actionsUpstream').replace(/\/+$/, '') || undefined,
    upstreamToken: setting('actionsUpstreamToken') || undefined,
    allowed: setting('actionsAllowed')
      .split(',')
      .map((pattern) => pattern.trim())
      .filter(Boolean),
    requireSha: booleanSetting('actionsRequireSha'),
  };
}

export const isFullSha = (ref: string): boolean => /^[0-9a-f]{40}$/i.test(ref);

/** @param name `owner/name`; names compare without case */
export function isAllowed({ allowed }: Pick<ActionsPolicy, 'allowed'>, name: string): boolean {
  return allowed.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase()));
}

/** `*` stands for any text. Every part between stars is looked for once, from left to right: no pattern is slow. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === name;
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - tail.length) return false;
    at = found + part.length;
  }
  return true;
}
