import type {
  Hook,
  HookDelivery,
  HookDeliveryDetail,
  Job,
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
