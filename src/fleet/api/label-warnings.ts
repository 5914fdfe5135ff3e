import type { FieldWarning, Kind } from '../resources/kind.ts';
import { type LabelOwner, sameLabels } from '../resources/label-owners.ts';
import { runnerDeploymentKind } from '../resources/runner-deployment.ts';
import { runnerSetKind } from '../resources/runner-set.ts';
import type { ResourceStore } from '../store/resource-store.ts';

/** What people write to keep runners at a place; the rest is made from it. */
const OWNERS: Kind[] = [runnerDeploymentKind, runnerSetKind];

/** Names every other resource whose runners take the same jobs: often a copy whose labels were not changed. */
export function labelWarnings(
  kind: Kind,
  { namespace, name, spec }: { namespace: string; name: string; spec: unknown },
  store: ResourceStore,
): FieldWarning[] {
  const runner = OWNERS.includes(kind) ? kind.runnerSpec?.(spec) : undefined;
  if (!runner) return [];
  const subject: LabelOwner = { kind: kind.kind, namespace, name, spec: runner.spec };
  const field = `${runner.pathOf ? 'spec' : runner.path}.labels`;
  return sameLabels(
    subject,
    OWNERS.flatMap((owner) => ownersOf(owner, store)),
  ).map((other) => ({
    field,
    message: `${other.kind} ${other.namespace}/${other.name} has the same labels at the same place: a job may go to either`,
  }));
}

function ownersOf(kind: Kind, store: ResourceStore): LabelOwner[] {
  return store.list(kind.plural).flatMap((object) => {
    const { namespace, name } = object.metadata;
    const spec = kind.runnerSpec?.(object.spec)?.spec;
    return spec ? [{ kind: kind.kind, namespace, name, spec }] : [];
  });
}
