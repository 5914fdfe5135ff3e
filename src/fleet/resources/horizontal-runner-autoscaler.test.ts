import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { admit, unknownContentFields } from './admission.ts';
import { InvalidObject } from './field-errors.ts';
import { autoscalerKind } from './horizontal-runner-autoscaler.ts';
import { LEGACY_VERSION, type StoredObject } from './object.ts';

const SEED = `
apiVersion: actions.summerwind.dev/v1alpha1
kind: HorizontalRunnerAutoscaler
metadata:
  name: large
  namespace: ci
spec:
  scaleTargetRef:
    kind: RunnerDeployment
    name: large
  minReplicas: 2
  maxReplicas: 16
  scaleDownDelaySecondsAfterScaleOut: 300
  metrics:
    - type: PercentageRunnersBusy
      scaleUpThreshold: '0.75'
      scaleDownThreshold: '0.25'
      scaleUpFactor: '2'
      scaleDownFactor: '0.5'
  scheduledOverrides:
    - startTime: "2023-07-15T00:00:00+09:00"
      endTime: "2023-07-17T00:00:00+09:00"
      recurrenceRule:
        frequency: Weekly
      minReplicas: 1
`;

interface Sent {
  [field: string]: unknown;
  spec: Record<string, unknown>;
}
const sent = (change: Record<string, unknown> = {}): Sent => {
  const body = parse(SEED) as Sent;
  return { ...body, spec: { ...body.spec, ...change } };
};

/** Causes of the refusal as `field: message`; empty when it is taken. */
function refusal(change: Record<string, unknown>): string[] {
  try {
    admit(autoscalerKind, sent(change));
    return [];
  } catch (error) {
    if (!(error instanceof InvalidObject)) throw error;
    return error.causes.map(({ field, message }) => `${field}: ${message}`);
  }
}

function warnings(change: Record<string, unknown>, others: Record<string, StoredObject[]> = {}): string[] {
  const { content } = admit(autoscalerKind, sent(change));
  const found = autoscalerKind.warnings?.({ name: 'large', spec: content.spec }, (plural) => others[plural] ?? []);
  return (found ?? []).map(({ field, message }) => `${field}: ${message}`);
}

const metric = (fields: Record<string, unknown>) => ({ metrics: [{ type: 'PercentageRunnersBusy', ...fields }] });
const override = (fields: Record<string, unknown>) => ({
  scheduledOverrides: [
    {
      startTime: '2023-07-15T00:00:00+09:00',
      endTime: '2023-07-17T00:00:00+09:00',
      recurrenceRule: { frequency: 'Weekly' },
      ...fields,
    },
  ],
});
const COUNTING = { type: 'TotalNumberOfQueuedAndInProgressWorkflowRuns' };
const BUSY = { type: 'PercentageRunnersBusy' };

describe('an autoscaler that is applied', () => {
  it('takes the seed configuration as it is, without any warning', () => {
    expect(refusal({})).toEqual([]);
    expect(warnings({})).toEqual([]);
    expect(unknownContentFields(autoscalerKind, admit(autoscalerKind, sent()).content)).toEqual([]);
  });

  it('takes every field of 1.8', () => {
    const all = {
      scaleUpTriggers: [
        {
          githubEvent: {
            workflowJob: {},
            checkRun: { types: ['created'], status: 'queued', names: ['a'], repositories: ['b'] },
          },
        },
        {
          githubEvent: { pullRequest: { types: ['opened'], branches: ['main'] }, push: {} },
          amount: 2,
          duration: '5m',
        },
      ],
      capacityReservations: [
        { name: 'warm', replicas: 3, effectiveTime: '2023-07-15T00:00:00Z', expirationTime: '2023-07-15T01:00:00Z' },
      ],
      githubAPICredentialsFrom: { secretRef: { name: 'token' } },
      ...override({
        timeZone: 'Asia/Seoul',
        maxReplicas: 4,
        recurrenceRule: { frequency: 'Weekly', untilTime: '2030-01-01T00:00:00Z' },
      }),
    };
    expect(refusal(all)).toEqual([]);
    expect(unknownContentFields(autoscalerKind, admit(autoscalerKind, sent(all)).content)).toEqual([]);
  });

  it('D-1: names fields that it does not know by their path', () => {
    const { content } = admit(autoscalerKind, sent({ ...metric({ scaleUpTreshold: '1' }), cooldown: 3 }));
    expect(unknownContentFields(autoscalerKind, content)).toEqual(['spec.metrics[0].scaleUpTreshold', 'spec.cooldown']);
  });

  it('1.9: shows the columns of ARC', () => {
    const ofArc = autoscalerKind.columns.filter(({ isWide }) => !isWide);
    expect(ofArc.map(({ name, path }) => `${name} .${path.join('.')}`)).toEqual([
      'Min .spec.minReplicas',
      'Max .spec.maxReplicas',
      'Desired .status.desiredReplicas',
      'Schedule .status.scheduledOverridesSummary',
    ]);
  });
});

describe('what is refused (D-22)', () => {
  const pair = (first: string, second: string) =>
    `invalid HRA Spec: Metrics[0] of ${first} cannot be combined with Metrics[1] of ${second}: The only allowed combination is 0=PercentageRunnersBusy and 1=TotalNumberOfQueuedAndInProgressWorkflowRuns`;
  const float =
    'validating autoscaling metrics: spec.autoscaling.metrics[].scaleUpThreshold cannot be parsed into a float64';

  it.each<[string, Record<string, unknown>, string]>([
    [
      'HRA-3',
      { minReplicas: undefined },
      'spec.minReplicas: Required value: horizontalrunnerautoscaler ci/large is missing minReplicas',
    ],
    [
      'HRA-3',
      { maxReplicas: null },
      'spec.maxReplicas: Required value: horizontalrunnerautoscaler ci/large is missing maxReplicas',
    ],
    [
      'min > max',
      { minReplicas: 20 },
      'spec.minReplicas: Invalid value: 20: must not be larger than maxReplicas, which is 16',
    ],
    ['negative', { minReplicas: -1 }, 'spec.minReplicas: Invalid value: Too small: expected number to be >=0'],
    [
      'no target',
      { scaleTargetRef: { kind: 'RunnerDeployment' } },
      'spec.scaleTargetRef.name: Required value: this field must be set',
    ],
    [
      'HRA-4',
      { metrics: [BUSY, COUNTING, BUSY] },
      'too many autoscaling metrics configured: It must be 0 to 2, but got 3',
    ],
    ['HRA-6', { metrics: [COUNTING, BUSY] }, pair(COUNTING.type, BUSY.type)],
    ['HRA-6', { metrics: [BUSY, BUSY] }, pair(BUSY.type, BUSY.type)],
    [
      'bad float',
      metric({ scaleUpThreshold: 'high' }),
      `spec.metrics[0].scaleUpThreshold: Invalid value: "high": ${float}`,
    ],
    ...(['scaleDownThreshold', 'scaleUpFactor', 'scaleDownFactor'] as const).map(
      (field): [string, Record<string, unknown>, string] => [
        'bad float',
        metric({ [field]: 'much' }),
        `spec.metrics[0].${field}: Invalid value: "much": validating autoscaling metrics: spec.autoscaling.metrics[].${field} cannot be parsed into a float64`,
      ],
    ),
    [
      'a number for a text',
      metric({ scaleUpThreshold: 0.75 }),
      'spec.metrics[0].scaleUpThreshold: Invalid value: Invalid input: expected string, received number',
    ],
    [
      'exclusive',
      metric({ scaleUpFactor: '2', scaleUpAdjustment: 2 }),
      'scaleUpAdjustment and scaleUpFactor cannot be specified together',
    ],
    [
      'exclusive',
      metric({ scaleDownFactor: '0.5', scaleDownAdjustment: 2 }),
      'scaleDownAdjustment and scaleDownFactor cannot be specified together',
    ],
    [
      'negative',
      metric({ scaleUpAdjustment: -1 }),
      'spec.autoscaling.metrics[].scaleUpAdjustment cannot be lower than 0',
    ],
    [
      'negative',
      metric({ scaleDownAdjustment: -2 }),
      'spec.autoscaling.metrics[].scaleDownAdjustment cannot be lower than 0',
    ],
    [
      'ends before it starts',
      override({ endTime: '2023-07-14T00:00:00+09:00' }),
      'spec.scheduledOverrides[0].endTime: Invalid value: "2023-07-14T00:00:00+09:00": must be later than startTime, which is 2023-07-15T00:00:00+09:00',
    ],
    ['SCH-2', override({ recurrenceRule: { frequency: 'Daily' } }), 'is longer than the period of the frequency Daily'],
    ...['2023-02-31', '2023-02-31T00:00:00Z', '2023-02-29T00:00:00+09:00', '2023-07-15T24:00:00Z', 'tomorrow'].map(
      (startTime): [string, Record<string, unknown>, string] => [
        'no such time',
        override({ startTime }),
        'spec.scheduledOverrides[0].startTime: Invalid value: must be a time such as 2023-07-15T00:00:00+09:00',
      ],
    ),
    [
      'ends when it starts',
      override({ endTime: '2023-07-15T00:00:00+09:00' }),
      'must be later than startTime, which is 2023-07-15T00:00:00+09:00',
    ],
    [
      'no such frequency',
      override({ recurrenceRule: { frequency: 'Hourly' } }),
      'spec.scheduledOverrides[0].recurrenceRule.frequency: Invalid value: Invalid option: expected one of',
    ],
    [
      'negative',
      override({ minReplicas: -1 }),
      'spec.scheduledOverrides[0].minReplicas: Invalid value: Too small: expected number to be >=0',
    ],
    [
      'another kind of target',
      { scaleTargetRef: { kind: 'Deployment', name: 'large' } },
      'spec.scaleTargetRef.kind: Invalid value: Invalid option: expected one of "RunnerDeployment"|"RunnerSet"',
    ],
    ['no target', { scaleTargetRef: undefined }, 'spec.scaleTargetRef: Required value: this field must be set'],
    [
      'another metric',
      { metrics: [{ type: 'Cpu' }] },
      'spec.metrics[0].type: Invalid value: Invalid option: expected one of "PercentageRunnersBusy"',
    ],
    [
      'TOT-1',
      { metrics: [{ ...COUNTING, repositoryNames: ['octo/app'] }] },
      "spec.metrics[0].repositoryNames[0]: Invalid value: must be the repository's name without its owner",
    ],
    [
      'negative',
      { capacityReservations: [{ replicas: -1 }] },
      'spec.capacityReservations[0].replicas: Invalid value: Too small: expected number to be >=0',
    ],
    [
      'negative',
      { scaleDownDelaySecondsAfterScaleOut: -1 },
      'spec.scaleDownDelaySecondsAfterScaleOut: Invalid value: Too small: expected number to be >=0',
    ],
    [
      'no Secret',
      { githubAPICredentialsFrom: { secretRef: {} } },
      'spec.githubAPICredentialsFrom.secretRef.name: Required value: this field must be set',
    ],
    [
      'no such zone',
      override({ timeZone: 'Korea' }),
      'spec.scheduledOverrides[0].timeZone: Invalid value: "Korea": must be a name such as Europe/Berlin',
    ],
    [
      'HRA-14',
      override({ minReplicas: 17 }),
      'spec.scheduledOverrides[0].minReplicas: Invalid value: 17: while this override holds, minReplicas 17 would be larger than maxReplicas 16',
    ],
    [
      'HRA-14',
      override({ maxReplicas: 1 }),
      'spec.scheduledOverrides[0].maxReplicas: Invalid value: 1: while this override holds, minReplicas 2 would be larger than maxReplicas 1',
    ],
    [
      'bad duration',
      { scaleUpTriggers: [{ githubEvent: { workflowJob: {} }, duration: '5 minutes' }] },
      'spec.scaleUpTriggers[0].duration: Invalid value: "5 minutes": must be a duration such as 30m',
    ],
  ])('%s: %j', (_, change, text) => {
    const causes = refusal(change);
    expect(causes).toHaveLength(1);
    expect(causes[0]).toContain(text);
  });
});

describe('what is taken with a warning', () => {
  const trigger = (...scaleUpTriggers: unknown[]) => ({ scaleUpTriggers });
  const workflowJob = { githubEvent: { workflowJob: {} } };

  it.each<[string, Record<string, unknown>, string]>([
    ['D-3', { minReplicas: 0 }, 'spec.minReplicas: PercentageRunnersBusy cannot measure anything at 0 replicas'],
    ['D-3', override({ minReplicas: 0 }), 'spec.scheduledOverrides[0].minReplicas: PercentageRunnersBusy cannot'],
    [
      'WH-9',
      trigger(workflowJob, workflowJob),
      'spec.scaleUpTriggers: has no effect: there must be exactly one trigger',
    ],
    ['1.8', trigger({ githubEvent: { checkRun: {} } }), 'spec.scaleUpTriggers[0].githubEvent.checkRun: has no effect'],
    ['1.8', trigger({}), 'spec.scaleUpTriggers[0].githubEvent: has no effect without workflowJob'],
    [
      '1.8',
      trigger({ ...workflowJob, amount: 3 }),
      'spec.scaleUpTriggers[0].amount: has no effect: each job is one replica',
    ],
    ['no rule', { metrics: [] }, 'spec.metrics: without metrics and scaleUpTriggers nothing but overrides'],
    [
      'SCH-2',
      override({ minReplicas: 1, endTime: '2023-08-14T00:00:00+09:00', recurrenceRule: { frequency: 'Monthly' } }),
      'spec.scheduledOverrides[0].endTime: is beyond the next start in short periods',
    ],
    [
      'never',
      override({ minReplicas: 1, recurrenceRule: { frequency: 'Weekly', untilTime: '2023-01-01T00:00:00Z' } }),
      'spec.scheduledOverrides[0].recurrenceRule.untilTime: is before startTime',
    ],
  ])('%s: %j', (_, change, text) => {
    const told = warnings(change);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(text);
  });

  it('D-3: says nothing where a second metric or a trigger lifts the pool from zero', () => {
    expect(warnings({ minReplicas: 0, metrics: [BUSY, COUNTING] })).toEqual([]);
    expect(warnings({ minReplicas: 0, ...trigger(workflowJob) })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'never starts any',
      { minReplicas: 0, maxReplicas: 0, metrics: [COUNTING], scheduledOverrides: [] },
      ['spec.maxReplicas: is 0, so no runner is ever started'],
    ],
    [
      'thresholds the wrong way round',
      metric({ scaleUpThreshold: '0.3', scaleDownThreshold: '0.7' }),
      [
        'spec.metrics[0].scaleDownThreshold: is above scaleUpThreshold (0.3): between the two the pool grows, and is never left as it is',
      ],
    ],
    [
      'factors that do nothing',
      metric({ scaleUpFactor: '0.9', scaleDownFactor: '1' }),
      [
        'spec.metrics[0].scaleUpFactor: is 0.9, which raises nothing',
        'spec.metrics[0].scaleDownFactor: is 1, which lowers nothing',
      ],
    ],
    [
      'fields of the other metric',
      {
        metrics: [
          { ...BUSY, repositoryNames: ['app'] },
          { ...COUNTING, scaleUpFactor: '2' },
        ],
      },
      [
        'spec.metrics[0].repositoryNames: has no effect on PercentageRunnersBusy',
        'spec.metrics[1].scaleUpFactor: has no effect on TotalNumberOfQueuedAndInProgressWorkflowRuns',
      ],
    ],
    [
      'reservations that never count (3.6)',
      {
        capacityReservations: [
          { name: 'warm', replicas: 3 },
          { replicas: 1, effectiveTime: '2023-07-15T01:00:00Z', expirationTime: '2023-07-15T01:00:00Z' },
        ],
      },
      [
        'spec.capacityReservations[0].expirationTime: is missing, so the reservation never counts',
        'spec.capacityReservations[1].expirationTime: is not later than effectiveTime, so the reservation never counts',
      ],
    ],
    [
      'an override that sets nothing (SCH-7)',
      override({}),
      ['spec.scheduledOverrides[0]: sets nothing, and keeps later overrides from holding meanwhile'],
    ],
  ])('tells of %s', (_what, change, told) => {
    expect(warnings(change)).toEqual(told);
  });

  it('takes credentials of its own as they are (AUTH-2)', () => {
    expect(warnings({ githubAPICredentialsFrom: { secretRef: { name: 'a' } } })).toEqual([]);
  });

  it('D-4: takes rules of counting by annotations, and tells when nothing is counted', () => {
    const annotations = { 'switchyard/label-matching': 'exact-case', 'switchyard/empty-runs': 'count' };
    const told = (metrics: unknown[]) =>
      autoscalerKind.warnings?.({ name: 'a', spec: sent({ metrics }).spec, annotations }, () => []) ?? [];
    expect(told([COUNTING])).toEqual([]);
    expect(told([BUSY]).map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'metadata.annotations[switchyard/label-matching]: has no effect without the metric TotalNumberOfQueuedAndInProgressWorkflowRuns',
      'metadata.annotations[switchyard/empty-runs]: has no effect without the metric TotalNumberOfQueuedAndInProgressWorkflowRuns',
    ]);
  });

  it('D-4: refuses a rule of counting that there is not', () => {
    const metadata = { name: 'a', annotations: { 'switchyard/label-matching': 'strict', other: 'x' } };
    expect(() => admit(autoscalerKind, { ...sent(), metadata })).toThrow(
      'metadata.annotations[switchyard/label-matching]: Invalid value: "strict": must be as-server or exact-case',
    );
  });

  const object = (kind: string, name: string, spec: unknown): StoredObject => ({
    apiVersion: LEGACY_VERSION,
    kind,
    metadata: { name, namespace: 'ci', uid: name, resourceVersion: '1', generation: 1, creationTimestamp: '' },
    spec,
  });

  it('tells that another autoscaler has the target already', () => {
    const horizontalrunnerautoscalers = [object('HorizontalRunnerAutoscaler', 'older', sent().spec)];
    expect(warnings({}, { horizontalrunnerautoscalers })).toEqual([
      'spec.scaleTargetRef.name: large is already scaled by older; the older of the two decides',
    ]);
  });

  it('TOT-1: tells what the target’s scope rules out', () => {
    const runnerdeployments = [object('RunnerDeployment', 'large', { template: { spec: { enterprise: 'all' } } })];
    const told = [
      'spec.metrics: TotalNumberOfQueuedAndInProgressWorkflowRuns is not supported for runners of an enterprise',
    ];
    expect(warnings({ metrics: [COUNTING] }, { runnerdeployments })).toEqual(told);
    const runnersets = [object('RunnerSet', 'large', { enterprise: 'all' })];
    const scaleTargetRef = { kind: 'RunnerSet', name: 'large' };
    expect(warnings({ metrics: [COUNTING], scaleTargetRef }, { runnersets })).toEqual(told);
  });
});
