import type { ObjectKey, StoredObject } from '../resources/object.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** The kinds whose specs name a Secret, and where. */
const NAMED_BY: Record<string, (spec: never) => string | undefined> = {
  runners: credentialsFrom,
  horizontalrunnerautoscalers: credentialsFrom,
  autoscalingrunnersets: (spec: { githubConfigSecret?: string }) => spec.githubConfigSecret,
  ephemeralrunnersets: (spec: { ephemeralRunnerSpec?: { githubConfigSecret?: string } }) =>
    spec.ephemeralRunnerSpec?.githubConfigSecret,
  ephemeralrunners: (spec: { githubConfigSecret?: string }) => spec.githubConfigSecret,
};

function credentialsFrom(spec: { githubAPICredentialsFrom?: { secretRef: { name: string } } }): string | undefined {
  return spec.githubAPICredentialsFrom?.secretRef.name;
}

/** What is to look again when this Secret has changed: it may have waited for that. */
export function credentialUsers(store: ResourceStore, { metadata: { namespace, name } }: StoredObject): ObjectKey[] {
  return Object.entries(NAMED_BY).flatMap(([plural, nameIn]) =>
    store
      .list(plural, namespace)
      .filter(({ spec }) => nameIn(spec as never) === name)
      .map(({ metadata }) => ({ plural, namespace, name: metadata.name })),
  );
}
