/** What the reconcilers of both generations' runners know of instances. */
import type { Exit, Instance, StartRequest } from '../backends/types.ts';
import { type ConfigMap, configMapBytes } from '../resources/config-map.ts';
import type { StoredObject } from '../resources/object.ts';
import { pullSecrets } from '../resources/pull-secrets.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import { type Secret, secretBytes, secretTexts } from '../resources/secret.ts';
import { resolveVariables } from '../resources/variable-references.ts';
import { volumeFiles } from '../resources/volume-files.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { instanceName } from './context.ts';

/** The kinds that have instances. */
export const RUNNER_PLURALS = ['runners', 'ephemeralrunners'];

/** Those that no resource describes. */
export function unownedInstances(store: ResourceStore, instances: ReadonlyMap<string, Instance>): Instance[] {
  const wanted = new Set(RUNNER_PLURALS.flatMap((plural) => store.list(plural)).map(instanceName));
  return [...instances.values()].filter(({ name }) => !wanted.has(name));
}

/** An end this soon after the start, without a job, is a failed start. */
export const FAILED_START_MS = 30_000;

/** An idle runner that the server let go has nothing to finish; this is for leaving its session in order. */
const STOP_GRACE_MS = 10_000;

export const stopGraceMs = ({
  terminationGracePeriodSeconds: seconds,
}: Pick<RunnerSpec, 'terminationGracePeriodSeconds'>) => (seconds === undefined ? STOP_GRACE_MS : seconds * 1_000);

export function describeExit(exit: Exit | undefined): string {
  if (!exit) return 'the fleet ended before the runner had started';
  if (exit.reason) return exit.reason;
  if (exit.signal) return `killed by ${exit.signal}`;
  return exit.code === undefined ? 'ended while no fleet was running' : `exit code ${exit.code}`;
}

export const outputOf = ({ output }: Exit): string => (output ? ` Last output:\n${output}` : '');

/** What a start is given from the store: the spec with values in the place of names, files and logins. @throws OutsideError for what is missing */
export function startingPoint(
  store: ResourceStore,
  { metadata }: StoredObject,
  spec: RunnerSpec,
): Pick<StartRequest, 'spec' | 'volumeFiles' | 'pullSecrets'> {
  const find = (plural: string, name: string) => store.find({ plural, namespace: metadata.namespace, name });
  const secretOf = (name: string) => find('secrets', name) as Secret | undefined;
  const mapOf = (name: string) => find('configmaps', name) as ConfigMap | undefined;
  const textsOf = (name: string) => ifFound(secretOf(name), secretTexts);
  return {
    spec: resolveVariables(spec, {
      metadata,
      lookUp: (plural, name) => (plural === 'secrets' ? textsOf(name) : ifFound(mapOf(name), ({ data = {} }) => data)),
    }),
    volumeFiles: () =>
      volumeFiles(spec, {
        metadata,
        contentOf: (plural, name) =>
          plural === 'secrets' ? ifFound(secretOf(name), secretBytes) : ifFound(mapOf(name), configMapBytes),
      }),
    pullSecrets: () => pullSecrets(spec, textsOf),
  };
}

const ifFound = <T, R>(found: T | undefined, read: (found: T) => R): R | undefined =>
  found === undefined ? undefined : read(found);
