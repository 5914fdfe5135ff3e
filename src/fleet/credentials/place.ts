import { type RunnerScope, scopePath } from '../../protocol/github/runners.ts';
import { type RunnerSpec, scopeOf } from '../resources/runner-spec.ts';

/** Where runners are registered, and with whose credentials. */
export interface RegistrationPlace {
  scope: RunnerScope;
  /** Of the resource; its Secrets lie there too. */
  namespace: string;
  /** Undefined: the fleet's own credentials. */
  secretName: string | undefined;
}

export const placeOf = (namespace: string, spec: RunnerSpec): RegistrationPlace => ({
  scope: scopeOf(spec),
  namespace,
  secretName: spec.githubAPICredentialsFrom?.secretRef.name,
});

/** Equal for places that one request can ask about. */
export function placeKey({ scope, namespace, secretName }: RegistrationPlace): string {
  const path = scopePath(scope);
  return secretName === undefined ? path : `${namespace}/${secretName}:${path}`;
}
