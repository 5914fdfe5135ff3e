/** Objects that ARC needs in a cluster and nobody needs here, and why. Pure. */
import { ownerOf } from './clean.ts';
import type { ArcObject, Note } from './types.ts';

const CONTROLLER = 'belongs to the controller, and the fleet is the controller here';
const ACCESS = 'is about the rights of pods in a cluster';

const REASONS: Record<string, string> = {
  CustomResourceDefinition: 'the fleet has these kinds built in',
  Namespace: 'namespaces come with what is in them',
  Deployment: CONTROLLER,
  Service: CONTROLLER,
  Ingress: CONTROLLER,
  Lease: CONTROLLER,
  PodDisruptionBudget: CONTROLLER,
  ServiceMonitor: CONTROLLER,
  MutatingWebhookConfiguration: CONTROLLER,
  ValidatingWebhookConfiguration: CONTROLLER,
  Certificate: CONTROLLER,
  Issuer: CONTROLLER,
  ServiceAccount: ACCESS,
  Role: ACCESS,
  RoleBinding: ACCESS,
  ClusterRole: ACCESS,
  ClusterRoleBinding: ACCESS,
  AutoscalingListener: 'the fleet itself listens for all scale sets',
  EphemeralRunnerSet: 'made anew for its AutoscalingRunnerSet',
  EphemeralRunner: 'made anew for its AutoscalingRunnerSet',
  StatefulSet: 'made by ARC for a RunnerSet',
  Pod: 'made by ARC for a runner',
};

const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';

/** Why the object is not written; undefined for kinds that are imported. */
export function leftOut(object: ArcObject): Note | undefined {
  const owner = ownerOf(object);
  if (owner) return { type: 'change', field: '', message: `made anew for ${owner}` };
  if (object.kind === 'ServiceAccount' && object.metadata.annotations?.[ROLE_ANNOTATION]) {
    const field = `metadata.annotations[${ROLE_ANNOTATION}]`;
    const message = 'no cloud role is given to runners here; let jobs get one by OIDC';
    return { type: 'lost', field, message };
  }
  const message = Object.hasOwn(REASONS, object.kind) ? REASONS[object.kind] : undefined;
  return message === undefined ? undefined : { type: 'change', field: '', message };
}
