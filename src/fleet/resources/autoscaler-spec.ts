/** The spec of a HorizontalRunnerAutoscaler. Source: fleet-semantics 1.8; what is ours alone says so. */
import { z } from 'zod';

/** RFC 3339, as Kubernetes reads times: with seconds and an offset. */
const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const time = z.string().refine(isTime, 'must be a time such as 2023-07-15T00:00:00+09:00');

/** JavaScript's own reader takes February 31 for March 3. */
function isTime(text: string): boolean {
  const [, day] = RFC3339.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** ARC has decimal fractions as text. */
const decimal = z.string();

export const Metric = z.looseObject({
  type: z.enum(['PercentageRunnersBusy', 'TotalNumberOfQueuedAndInProgressWorkflowRuns']),
  repositoryNames: z.array(z.string().regex(/^[^/]+$/, "must be the repository's name without its owner")).optional(),
  scaleUpThreshold: decimal.optional(),
  scaleDownThreshold: decimal.optional(),
  scaleUpFactor: decimal.optional(),
  scaleDownFactor: decimal.optional(),
  /** 0 means: by the factor. */
  scaleUpAdjustment: z.int().optional(),
  scaleDownAdjustment: z.int().optional(),
});
export type Metric = z.infer<typeof Metric>;

const filters = z.array(z.string()).optional();

/** Only `workflowJob` scales; the others are read and have no effect, as in ARC since 0.27. */
const GitHubEvent = z.looseObject({
  workflowJob: z.looseObject({}).optional(),
  checkRun: z
    .looseObject({ types: filters, status: z.string().optional(), names: filters, repositories: filters })
    .optional(),
  pullRequest: z.looseObject({ types: filters, branches: filters }).optional(),
  push: z.looseObject({}).optional(),
});

export const ScaleUpTrigger = z.looseObject({
  githubEvent: GitHubEvent.optional(),
  amount: z.int().optional(),
  /** A duration in Go's spelling, such as `1h30m`. */
  duration: z.string().optional(),
});
export type ScaleUpTrigger = z.infer<typeof ScaleUpTrigger>;

export const CapacityReservation = z.looseObject({
  /** Of those that we write: `job/ID/ATTEMPT` (D-7). */
  name: z.string().optional(),
  replicas: z.int().min(0).optional(),
  effectiveTime: time.optional(),
  expirationTime: time.optional(),
});
export type CapacityReservation = z.infer<typeof CapacityReservation>;

export const ScheduledOverride = z.looseObject({
  startTime: time,
  endTime: time,
  minReplicas: z.int().min(0).optional(),
  /** Ours (D-14). */
  maxReplicas: z.int().min(0).optional(),
  /** Ours (D-12): a name such as `Europe/Berlin`, whose clocks the recurrence follows. Else the offset of `startTime`. */
  timeZone: z.string().optional(),
  recurrenceRule: z
    .looseObject({
      frequency: z.enum(['', 'Daily', 'Weekly', 'Monthly', 'Yearly']).optional(),
      /** The last permitted start, inclusive. */
      untilTime: time.optional(),
    })
    .optional(),
});
export type ScheduledOverride = z.infer<typeof ScheduledOverride>;

export const AutoscalerSpec = z.looseObject({
  scaleTargetRef: z.looseObject({
    kind: z.enum(['RunnerDeployment', 'RunnerSet']).optional(),
    name: z.string().min(1),
  }),
  minReplicas: z.int().min(0).optional(),
  maxReplicas: z.int().min(0).optional(),
  scaleDownDelaySecondsAfterScaleOut: z.int().min(0).optional(),
  metrics: z.array(Metric).optional(),
  scaleUpTriggers: z.array(ScaleUpTrigger).optional(),
  capacityReservations: z.array(CapacityReservation).optional(),
  scheduledOverrides: z.array(ScheduledOverride).optional(),
  githubAPICredentialsFrom: z.looseObject({ secretRef: z.looseObject({ name: z.string().min(1) }) }).optional(),
});
export type AutoscalerSpec = z.infer<typeof AutoscalerSpec>;
