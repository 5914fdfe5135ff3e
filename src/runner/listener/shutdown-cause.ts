/** Why a runner ends while it has a job, as far as a process can know: who has sent a signal the kernel does not tell. */
import { hostname } from 'node:os';
import { inheritedEnvironment } from '../../common/settings.ts';
import { isContained } from '../worker/containers/contained.ts';

export type ShutdownCause = 'SIGINT' | 'SIGTERM' | 'orphaned' | 'server';

/** Where the runner is. */
export interface Surroundings {
  /** Of Kubernetes, if it is in one. */
  pod: string | undefined;
  isContained: boolean;
}

/** One sentence. */
export function explainShutdown(cause: ShutdownCause, { pod, isContained }: Surroundings): string {
  if (cause === 'orphaned') return 'The program that started the runner has ended.';
  if (cause === 'server') return 'The server told the runner to end.';
  if (cause === 'SIGINT') return 'It got SIGINT, as from Ctrl-C in its terminal.';
  if (pod !== undefined) {
    return `Its pod ${pod} was deleted or evicted: 'kubectl get events --field-selector involvedObject.name=${pod}' tells which, and why.`;
  }
  if (isContained) return 'It got SIGTERM: the container that it runs in was stopped from outside.';
  return 'It got SIGTERM: its service was stopped, the machine is shutting down, or somebody ended the process.';
}

/** In a pod the host name is the pod's. */
export function surroundings(environment = inheritedEnvironment()): Surroundings {
  return {
    pod: environment.KUBERNETES_SERVICE_HOST ? hostname() : undefined,
    isContained: process.platform === 'linux' && isContained(),
  };
}
