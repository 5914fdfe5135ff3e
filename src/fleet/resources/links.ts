/** By what objects are found besides their names, as by the indexers of Kubernetes' informers. */
import { placeKey, placeOf, type RegistrationPlace } from '../credentials/place.ts';
import type { AutoscalerSpec } from './autoscaler-spec.ts';
import { targetOf } from './horizontal-runner-autoscaler.ts';
import { keyText, type ObjectKey, type StoredObject } from './object.ts';
import { DEPLOYMENT_LABEL } from './replicated-spec.ts';
import { RUNNER_SET_LABEL } from './runner-set.ts';
import type { RunnerSpec } from './runner-spec.ts';

const OWNED = 'owned-by ';

/** What names the object with this uid as an owner. */
export const ownedBy = (uid: string): string => OWNED + uid;
/** Events about the object with this uid. */
export const about = (uid: string): string => `about ${uid}`;
/** Runners of a RunnerDeployment or RunnerSet, by the label that ARC gives them. */
export const runnerOf = (target: ObjectKey): string => `runner-of ${keyText(target)}`;
/** Runners that register there. */
export const at = (place: RegistrationPlace): string => `at ${placeKey(place)}`;
/** Autoscalers of a RunnerDeployment or RunnerSet. */
export const scales = (target: ObjectKey): string => `scales ${keyText(target)}`;

/** The owner's uid, if the link tells of one. */
export const ownerIn = (link: string): string | undefined =>
  link.startsWith(OWNED) ? link.slice(OWNED.length) : undefined;

/** What the object says of others. */
export function linksOf(plural: string, object: StoredObject): string[] {
  const owners = object.metadata.ownerReferences?.map(({ uid }) => ownedBy(uid)) ?? [];
  return [...new Set([...owners, ...(OTHERS[plural]?.(object) ?? [])])];
}

const OTHERS: Record<string, (object: StoredObject) => string[]> = {
  events: ({ involvedObject }) => [about((involvedObject as { uid: string }).uid)],
  runners: ({ spec, metadata: { namespace, labels = {} } }) => [
    at(placeOf(namespace, spec as RunnerSpec)),
    ...Object.entries(RUNNER_LABELS).flatMap(([plural, label]) => {
      const name = labels[label];
      return name === undefined ? [] : [runnerOf({ plural, namespace, name })];
    }),
  ],
  horizontalrunnerautoscalers: ({ spec, metadata: { namespace } }) => {
    const { plural, name } = targetOf(spec as AutoscalerSpec);
    return [scales({ plural, namespace, name })];
  },
};

/** The label by which the runners of a target are known. */
export const RUNNER_LABELS: Record<string, string> = {
  runnerdeployments: DEPLOYMENT_LABEL,
  runnersets: RUNNER_SET_LABEL,
};
