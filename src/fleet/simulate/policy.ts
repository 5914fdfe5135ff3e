import { UserError } from '../../common/errors.ts';
import { admit, contentOf } from '../resources/admission.ts';
import { kinds } from '../resources/index.ts';
import type { StoredObject } from '../resources/object.ts';
import { poolsOf, type SimulatedPool } from './pools.ts';

/** Those of an ordinary Linux machine. */
const SYSTEM_LABELS = ['self-hosted', 'Linux', 'X64'];

/**
 * The pools that resources make, checked as the fleet would check them.
 * @param resources as read from YAML
 * @param name of their file, for messages
 * @throws InvalidObject; UserError `no-pools` when there is nothing to scale
 */
export function readPolicy(resources: readonly object[], name: string): SimulatedPool[] {
  const objects = resources.flatMap((resource) => admitted(resource as Record<string, unknown>));
  const pools = poolsOf(objects, SYSTEM_LABELS);
  if (pools.length > 0) return pools;
  throw new UserError('no-pools', `${name} describes no runners.`, {
    hint: 'It needs a RunnerDeployment (with its HorizontalRunnerAutoscaler) or an AutoscalingRunnerSet.',
  });
}

/** Kinds of others, such as a Namespace's neighbours in a chart's output, do not matter here. */
function admitted(resource: Record<string, unknown>): StoredObject[] {
  const kind = kinds.find((one) => one.kind === resource.kind);
  if (!kind) return [];
  const { metadata } = admit(kind, resource);
  return [
    {
      ...contentOf(resource),
      kind: kind.kind,
      apiVersion: String(resource.apiVersion),
      metadata,
    } as unknown as StoredObject,
  ];
}
