/** What the reconcilers of both generations' runners know of instances. */
import type { Exit } from '../backends/types.ts';
import type { StoredObject } from '../resources/object.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import { type Secret, secretTexts } from '../resources/secret.ts';
import { resolveVariables } from '../resources/variable-references.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** An end this soon after the start, without a job, is a failed start. */
export const FAILED_START_MS = 30_000;

/** An idle runner that the server let go has nothing to finish; this is for leaving its session in order. */
export const STOP_GRACE_MS = 10_000;

export function describeExit(exit: Exit | undefined): string {
  if (!exit) return 'the fleet ended before the runner had started';
  if (exit.reason) return exit.reason;
  if (exit.signal) return `killed by ${exit.signal}`;
  return exit.code === undefined ? 'ended while no fleet was running' : `exit code ${exit.code}`;
}

export const outputOf = ({ output }: Exit): string => (output ? ` Last output:\n${output}` : '');

/** The spec with the values of Secrets and ConfigMaps that its variables name. @throws OutsideError for what is missing */
export const specToStart = (store: ResourceStore, { metadata }: StoredObject, spec: RunnerSpec): RunnerSpec =>
  resolveVariables(spec, {
    metadata,
    lookUp(plural, name) {
      const found = store.find({ plural, namespace: metadata.namespace, name });
      if (!found) return undefined;
      return plural === 'secrets' ? secretTexts(found as Secret) : ((found.data as Record<string, string>) ?? {});
    },
  });
