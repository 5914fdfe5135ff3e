import type {
  Hook,
  HookDelivery,
  HookDeliveryDetail,
  Job,
  PoolExplanation,
  PoolHistory,
  ReceivedEvent,
  RunDetail,
  Runner,
  Step,
} from '../../src/protocol/dashboard/index.ts';

/** So many seconds ago, as the API writes times. */
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

export function sampleRun(fields: Partial<RunDetail> & { id: number }): RunDetail {
  return {
    repository: 'demo/hello',
    workflow: { name: 'CI', path: '.github/workflows/ci.yml' },
    number: fields.id,
    attempt: 1,
    title: `Change number ${fields.id}`,
    event: 'push',
    ref: 'refs/heads/main',
    sha: '1f0c5a94e0d1c9b77a1d5b1dbb0d0ce0a2f7b7c1',
    actor: 'admin',
    triggeringActor: 'admin',
    status: 'completed',
    conclusion: 'success',
    reason: null,
    createdAt: ago(300),
    startedAt: ago(298),
    completedAt: ago(250),
    attempts: [],
    pendingDeployments: [],
    errors: [],
    warnings: [],
    jobs: [],
    ...fields,
  };
}

export function sampleJob(fields: Partial<Job> & { id: number; runId: number; key: string }): Job {
  return {
    attempt: 1,
    parentId: null,
    calls: null,
    name: fields.key,
    needs: [],
    labels: ['self-hosted', 'linux'],
    status: 'completed',
    conclusion: 'success',
    runner: { id: 1, name: 'pool-1-abcde' },
    createdAt: ago(300),
    startedAt: ago(298),
    completedAt: ago(250),
    steps: [],
    annotations: [],
    summaries: 0,
    environment: null,
    reason: null,
    ...fields,
  };
}

export function sampleStep(fields: Partial<Step> & { number: number; name: string }): Step {
  return {
    status: 'completed',
    conclusion: 'success',
    startedAt: ago(298),
    completedAt: ago(290),
    logLines: 0,
    ...fields,
  };
}

export function sampleEvent(fields: Partial<ReceivedEvent> & { id: number }): ReceivedEvent {
  return {
    repository: 'demo/hello',
    name: 'push',
    activity: null,
    ref: 'refs/heads/main',
    sha: '1f0c5a94e0d1c9b77a1d5b1dbb0d0ce0a2f7b7c1',
    actor: 'admin',
    acceptedAt: ago(300),
    runs: [],
    notStarted: [],
    ...fields,
  };
}

export function sampleRunner(fields: Partial<Runner> & { id: number; name: string }): Runner {
  return {
    scope: { kind: 'repository', name: 'demo/hello' },
    group: 'Default',
    labels: ['self-hosted', 'linux', 'x64'],
    os: 'linux',
    version: '0.1.0',
    ephemeral: true,
    state: 'idle',
    job: null,
    lastSeenAt: ago(3),
    wall: null,
    groupWall: null,
    ...fields,
  };
}

export function samplePool(fields: Partial<PoolExplanation> = {}): PoolExplanation {
  return {
    ...{ kind: 'RunnerDeployment', namespace: 'default', name: 'large', scope: { kind: 'enterprise', name: 'all' } },
    labels: ['self-hosted', 'linux', 't3a.large'],
    ...{ desired: 4, current: 4, idle: 0, busy: 2, starting: 2, leaving: 0, queued: 3, min: 2, max: 16 },
    rule: 'The HorizontalRunnerAutoscaler large decides, by PercentageRunnersBusy and 1 scheduled override.',
    next: [
      { at: ago(-50), what: 'the next round of PercentageRunnersBusy', desired: null },
      { at: '2030-07-14T15:00:00.000Z', what: 'the schedule sets minReplicas 1 instead of 2', desired: 3 },
    ],
    problems: [],
    causes: [],
    reasons: [{ code: 'busy-high', text: '2 of 2 runners were busy, at least 75 %: 2 × 2, rounded up, is 4.' }],
    schedule: [
      {
        ...{ start: '2023-07-15T00:00:00+09:00', end: '2023-07-17T00:00:00+09:00', min: 1, max: null },
        ...{ repeats: 'Weekly', until: null, timeZone: null, isActive: false },
      },
    ],
    runners: (['busy', 'busy', 'starting', 'starting'] as const).map((state, index) => ({
      name: `large-abcde-${index}`,
      state,
      createdAt: ago(100 - index),
    })),
    events: [
      {
        at: ago(60),
        type: 'Normal',
        reason: 'SuccessfulRescale',
        message: '4 runners are wanted instead of 2.',
        count: 2,
      },
    ],
    ...fields,
  };
}

/** A day with a morning's wave. */
export function sampleHistory(): PoolHistory {
  const points = Array.from({ length: 288 }, (_, index) => {
    const jobs = Math.max(0, Math.round(18 * Math.sin((index - 60) / 40)));
    const desired = Math.min(16, Math.max(2, jobs));
    return {
      desired,
      runners: Math.max(2, desired - 1),
      busy: Math.min(jobs, desired),
      queued: Math.max(0, jobs - 14),
    };
  });
  return { from: ago(86_400), to: ago(0), points };
}

/** `text` as a runner writes it, one line each. */
export function logLines(...texts: string[]): string[] {
  return texts.map((text, index) => `2026-01-01T00:00:${String(index % 60).padStart(2, '0')}.0000000Z ${text}`);
}

export function sampleHook(fields: Partial<Hook> & { id: number }): Hook {
  return {
    place: 'demo/hello',
    path: `/api/v3/repos/demo/hello/hooks/${fields.id}`,
    url: 'https://receiver.example/hook',
    events: ['workflow_job', 'push'],
    isActive: true,
    hasSecret: true,
    waiting: 0,
    lastDelivery: null,
    ...fields,
  };
}

export function sampleDelivery(fields: Partial<HookDelivery> & { id: number }): HookDeliveryDetail {
  return {
    guid: `7c3f2f60-0000-4000-8000-${String(fields.id).padStart(12, '0')}`,
    event: 'workflow_job',
    action: 'queued',
    delivered_at: ago(60),
    redelivery: false,
    duration: 0.012,
    status: 'OK',
    status_code: 200,
    url: 'https://receiver.example/hook',
    request: { headers: { 'x-github-event': 'workflow_job' }, payload: { action: 'queued', number: fields.id } },
    response: { headers: { server: 'receiver' }, payload: 'heard' },
    ...fields,
  };
}
