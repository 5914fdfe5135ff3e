/** A RunnerSet as the RunnerDeployment that does most of the same (fleet-semantics 1.7, 5.3). Pure. */
import { RunnerSpec } from '../resources/runner-spec.ts';
import { type ArcObject, at, type Fields, isFields, type Note } from './types.ts';

/** Of a StatefulSet, and without a meaning for runners that are used once and made anew. */
const STATEFUL_FIELDS = [
  'serviceName',
  'podManagementPolicy',
  'updateStrategy',
  'revisionHistoryLimit',
  'minReadySeconds',
  'persistentVolumeClaimRetentionPolicy',
  'ordinals',
];

/** Fields of its pod that a RunnerSpec has under the same name. */
const isShared = (field: string): boolean => field in RunnerSpec.shape;

export function deploymentOf(object: ArcObject): { object: ArcObject; notes: Note[] } {
  const spec = isFields(object.spec) ? object.spec : {};
  const notes: Note[] = [
    { type: 'change', field: 'kind', message: 'a RunnerDeployment with the same name takes its place' },
    ...claims(spec),
  ];
  const { replicas, effectiveTime, selector, template, volumeClaimTemplates: _claims, ...rest } = spec;
  const config = Object.fromEntries(Object.entries(rest).filter(([field]) => !STATEFUL_FIELDS.includes(field)));
  const runner = { ...config, ...podFields(at(template, 'spec'), notes) };
  const metadata = at(template, 'metadata');
  return {
    object: {
      ...object,
      kind: 'RunnerDeployment',
      spec: {
        ...(replicas !== undefined && { replicas }),
        ...(effectiveTime !== undefined && { effectiveTime }),
        ...(selector !== undefined && { selector }),
        template: { ...(isFields(metadata) && { metadata }), spec: runner },
      },
    },
    notes,
  };
}

function claims({ volumeClaimTemplates }: Fields): Note[] {
  if (!Array.isArray(volumeClaimTemplates)) return [];
  return volumeClaimTemplates.map((claim, index) => ({
    type: 'lost',
    field: `spec.volumeClaimTemplates[${index}]`,
    message: `no volume of a runner is kept for the next one; ${String(at(claim, 'metadata', 'name'))} is a folder of this runner alone`,
  }));
}

/** The pod's containers stay a list: the one named `runner` is completed, as in ARC. */
function podFields(pod: unknown, notes: Note[]): Fields {
  if (!isFields(pod)) return {};
  const taken: Fields = {};
  for (const [field, value] of Object.entries(pod)) {
    if (isShared(field)) taken[field] = value;
    else
      notes.push({
        type: 'lost',
        field: `spec.template.spec.${field}`,
        message: 'runners here are not started from a whole pod',
      });
  }
  return taken;
}
