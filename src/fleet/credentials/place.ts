import { scopeOfConfigUrl } from '../../github/scale-sets/index.ts';
import { type RunnerScope, scopePath } from '../../protocol/github/runners.ts';
import { type RunnerSpec, scopeOf } from '../resources/runner-spec.ts';
import type { ConnectionSpec } from '../resources/scale-set-spec.ts';

/** Where runners are registered, and with whose credentials. */
export interface RegistrationPlace {
  scope: RunnerScope;
  /** Of the resource; its Secrets lie there too. */
  namespace: string;
  /** Undefined: the fleet's own credentials. */
  secretName: string | undefined;
  /** Origin of the server, where a `githubConfigUrl` names it; else the Secret does, or it is the fleet's own. */
  serverUrl?: string;
}

export const placeOf = (namespace: string, spec: RunnerSpec): RegistrationPlace => ({
  scope: scopeOf(spec),
  namespace,
  secretName: spec.githubAPICredentialsFrom?.secretRef.name,
});

/** Of the runners of a scale set. @throws UserError `bad-config-url` */
export const placeOfConnection = (namespace: string, spec: ConnectionSpec): RegistrationPlace => ({
  scope: scopeOfConfigUrl(spec.githubConfigUrl),
  namespace,
  secretName: spec.githubConfigSecret,
  serverUrl: new URL(spec.githubConfigUrl).origin,
});

/** Equal for places that one request can ask about. */
export function placeKey({ scope, namespace, secretName, serverUrl = '' }: RegistrationPlace): string {
  const path = `${serverUrl}${scopePath(scope)}`;
  return secretName === undefined ? path : `${namespace}/${secretName}:${path}`;
}
