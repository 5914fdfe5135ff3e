/** What a listener heard becomes state: jobs on their runners, and how many runners are wanted. */
import { isoTime } from '../../common/clock.ts';
import type { ScaleSetJob } from '../../protocol/github/scale-sets.ts';
import { desiredRunners, evaluate, NOT_EVALUATED } from '../autoscaling/scale-set.ts';
import { instanceName, type ReconcilerContext } from '../reconcilers/context.ts';
import { startsWork } from '../reconcilers/failed-starts.ts';
import { type AutoscalingRunnerSet, maxRunnersOf, minRunnersOf } from '../resources/autoscaling-runner-set.ts';
import { type EphemeralRunner, type EphemeralRunnerStatus, hasEnded } from '../resources/ephemeral-runner.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { controllerOf } from '../resources/object.ts';
import type { Evaluation } from './listener.ts';

const RUNNERS = 'ephemeralrunners';
const SETS = 'ephemeralrunnersets';

export function noteEvaluation(context: ReconcilerContext, set: AutoscalingRunnerSet, evaluation: Evaluation): void {
  const { store, scaleSets } = context;
  const { namespace, name, uid } = set.metadata;
  const runnerSet = store.find({ plural: SETS, namespace, name }) as EphemeralRunnerSet | undefined;
  if (!runnerSet) return;
  for (const job of evaluation.jobs) {
    if (noteJob(context, runnerSet, job)) context.onSetJob?.(set, job);
  }
  noteCounted(context, runnerSet, evaluation.counted);
  scaleSets.assignedJobs.set(uid, evaluation.assignedJobs);
  const load = { ...limitsOf(set), assignedJobs: evaluation.assignedJobs };
  const isDirty = evaluation.jobs.some(({ messageType }) => MAKING_DIRTY.includes(messageType));
  const { evaluated, patchID } = evaluate(scaleSets.evaluated.get(uid) ?? NOT_EVALUATED, load, isDirty);
  scaleSets.evaluated.set(uid, evaluated);
  writeDesired(context, set, { ...runnerSet.spec, patchID });
}

const MAKING_DIRTY = ['JobStarted', 'JobCompleted'];

const limitsOf = ({ spec }: AutoscalingRunnerSet) => ({
  minRunners: minRunnersOf(spec),
  maxRunners: maxRunnersOf(spec),
});

/** NEW-3, for limits that changed too. Does nothing before the first statistics. */
export function writeDesired(
  { store, scaleSets }: ReconcilerContext,
  set: AutoscalingRunnerSet,
  spec: EphemeralRunnerSet['spec'],
): void {
  const { namespace, name, uid } = set.metadata;
  const assignedJobs = scaleSets.assignedJobs.get(uid);
  const runnerSet = store.find({ plural: SETS, namespace, name });
  if (assignedJobs === undefined || !runnerSet) return;
  const { desired } = desiredRunners({ ...limitsOf(set), assignedJobs });
  store.update(SETS, { ...runnerSet, spec: { ...spec, replicas: desired } });
}

/**
 * NEW-6: what "has a job" means. Repeats, and a start that is told after the end, change nothing.
 * @returns whether it was news
 */
function noteJob(context: ReconcilerContext, set: EphemeralRunnerSet, job: ScaleSetJob): boolean {
  const { store, scaleSets, askAgainAtMs, queue, runnerTimes, clock } = context;
  const { namespace, uid } = set.metadata;
  if (!job.runnerName) return false;
  const runner = store.find({ plural: RUNNERS, namespace, name: job.runnerName }) as EphemeralRunner | undefined;
  if (!runner || controllerOf(runner)?.uid !== uid) return false;
  if (job.messageType === 'JobStarted') {
    startsWork(context, { uid, breaker: scaleSets.breaker });
    runnerTimes.note(instanceName(runner), 'taken');
    const phase = hasEnded(runner) || runner.status?.jobResult !== undefined ? runner.status?.phase : 'Running';
    store.update(RUNNERS, { ...runner, status: { ...runner.status, ...jobFields(job), phase } });
    return runner.status?.jobRequestId === undefined;
  }
  if (job.messageType === 'JobCompleted') {
    askAgainAtMs.delete(runner.metadata.uid);
    const known = runner.status?.jobCompletedAt;
    const over = { jobResult: job.result ?? '', jobCompletedAt: known ?? isoTime(clock.now()) };
    store.update(RUNNERS, { ...runner, status: { ...runner.status, ...jobFields(job), ...over } });
    queue.add(`${RUNNERS}/${namespace}/${job.runnerName}`);
    return runner.status?.jobResult === undefined;
  }
  return false;
}

/** Those whose jobs the service's numbers may still have. */
export function endedRunners({ store }: ReconcilerContext, set: AutoscalingRunnerSet): string[] {
  const { namespace, name } = set.metadata;
  const runnerSet = store.find({ plural: SETS, namespace, name });
  const runners = runnerSet ? (store.ownedBy(runnerSet.metadata.uid, RUNNERS) as EphemeralRunner[]) : [];
  return runners.filter((runner) => hasEnded(runner) && runner.status?.mayHaveJob).map(({ metadata }) => metadata.name);
}

/** Nobody counts on these any more. */
function noteCounted({ store }: ReconcilerContext, set: EphemeralRunnerSet, names: string[]): void {
  const { namespace, uid } = set.metadata;
  for (const name of names) {
    const runner = store.find({ plural: RUNNERS, namespace, name }) as EphemeralRunner | undefined;
    if (!runner || controllerOf(runner)?.uid !== uid) continue;
    store.update(RUNNERS, { ...runner, status: { ...runner.status, mayHaveJob: false } });
  }
}

const jobFields = (job: ScaleSetJob): EphemeralRunnerStatus => ({
  jobRequestId: job.runnerRequestId,
  jobId: job.jobId,
  jobRepositoryName: `${job.ownerName}/${job.repositoryName}`,
  jobWorkflowRef: job.jobWorkflowRef,
  workflowRunId: job.workflowRunId,
  jobDisplayName: job.jobDisplayName,
});
