import { autoscalingRunnerSetKind } from './autoscaling-runner-set.ts';
import { configMapKind } from './config-map.ts';
import { ephemeralRunnerKind } from './ephemeral-runner.ts';
import { ephemeralRunnerSetKind } from './ephemeral-runner-set.ts';
import { autoscalerKind } from './horizontal-runner-autoscaler.ts';
import type { Kind } from './kind.ts';
import { namespaceKind } from './namespace.ts';
import { runnerKind } from './runner.ts';
import { runnerDeploymentKind } from './runner-deployment.ts';
import { runnerReplicaSetKind } from './runner-replica-set.ts';
import { runnerSetKind } from './runner-set.ts';
import { secretKind } from './secret.ts';

/** Every kind that API and store serve. A new kind is a file here, a line here, and its reconciler. */
export const kinds: Kind[] = [
  runnerDeploymentKind,
  runnerReplicaSetKind,
  runnerKind,
  runnerSetKind,
  autoscalerKind,
  autoscalingRunnerSetKind,
  ephemeralRunnerSetKind,
  ephemeralRunnerKind,
  secretKind,
  configMapKind,
  namespaceKind,
];

export const kindOfPlural = (plural: string): Kind | undefined => kinds.find((kind) => kind.plural === plural);
