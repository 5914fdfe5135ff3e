import { describe, expect, it } from 'vitest';
import { NO_FAILURES, START_DELAYS_MS, StartBreaker } from '../reconcilers/start-breaker.ts';
import type { EphemeralRunner, EphemeralRunnerStatus } from '../resources/ephemeral-runner.ts';
import { TEMPLATE_HASH_LABEL } from '../resources/replicated-spec.ts';
import { decideRunnerSet, type RunnerSetState } from './decide-runner-set.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');

interface Given {
  name: string;
  status?: EphemeralRunnerStatus;
  hash?: string;
  isDeleting?: boolean;
  isRefused?: boolean;
  madeAt?: string;
}

const runner = ({ name, status, hash = 'new', isDeleting, isRefused, madeAt }: Given): EphemeralRunner => ({
  apiVersion: 'actions.github.com/v1alpha1',
  kind: 'EphemeralRunner',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: madeAt ?? '2026-01-01T00:00:00Z',
    labels: { [TEMPLATE_HASH_LABEL]: hash },
    ...(isDeleting && { deletionTimestamp: '2026-01-01T00:05:00Z' }),
    ...(isRefused && { annotations: { 'actions.github.com/unregistration-failure-message': 'busy' } }),
  },
  spec: { githubConfigUrl: 'https://ghes.example/octo', runnerScaleSetId: 1 },
  status: status ?? { phase: 'Pending', ready: true },
});

const BUSY: EphemeralRunnerStatus = { phase: 'Running', ready: true, jobRequestId: 7 };

const decide = (desired: number, runners: Given[], more: Partial<RunnerSetState> = {}) =>
  decideRunnerSet(
    { desired, hash: 'new', runners: runners.map(runner), breaker: NO_FAILURES, isOnline: () => false, ...more },
    NOW,
  );

describe('which EphemeralRunners a set makes and lets go', () => {
  it('makes what is missing', () => {
    expect(decide(3, [{ name: 'a' }])).toMatchObject({ create: 2, letGo: [] });
  });

  it('lets go who has not been started first, then the oldest, and never one with a job (NEW-5)', () => {
    const runners = [
      { name: 'busy', status: BUSY },
      { name: 'old' },
      { name: 'young' },
      { name: 'fresh', status: { phase: 'Pending', ready: false } as const },
    ];
    expect(decide(3, runners).letGo).toEqual(['fresh']);
    expect(decide(2, runners).letGo).toEqual(['fresh', 'old']);
    expect(decide(0, runners).letGo).toEqual(['fresh', 'old', 'young']);
  });

  it('counts a runner that is to go as long as it has a job, by its start or by the refusal', () => {
    const leaving = [
      { name: 'told', status: BUSY, isDeleting: true },
      { name: 'refused', isDeleting: true, isRefused: true },
      { name: 'idle', isDeleting: true },
    ];
    expect(decide(3, leaving)).toMatchObject({ create: 1, letGo: [] });
  });

  it('does not count one whose job is over, although its program still ends', () => {
    expect(decide(1, [{ name: 'a', status: { ...BUSY, jobResult: 'succeeded' } }])).toMatchObject({
      create: 1,
      letGo: [],
    });
    expect(decide(0, [{ name: 'a', status: { ...BUSY, jobResult: 'succeeded' } }]).letGo).toEqual([]);
  });

  it('keeps the place of one that has ended until its job is counted no more', () => {
    const ended = { ...BUSY, phase: 'Succeeded' } as const;
    expect(decide(1, [{ name: 'a', status: { ...ended, mayHaveJob: true } }])).toMatchObject({ create: 0, letGo: [] });
    expect(decide(1, [{ name: 'a', status: { ...ended, mayHaveJob: false } }])).toMatchObject({
      create: 1,
      letGo: ['a'],
    });
    const told = { ...ended, mayHaveJob: true, jobResult: 'failed' };
    expect(decide(0, [{ name: 'a', status: told }])).toMatchObject({ create: 0, letGo: ['a'] });
  });

  it('lets go one whose program still runs two minutes after its job', () => {
    const over = { ...BUSY, jobResult: 'succeeded', jobCompletedAt: '2026-01-01T00:09:00Z' };
    expect(decide(0, [{ name: 'a', status: over }])).toMatchObject({ letGo: [], againAtMs: NOW + 60_000 });
    const long = { ...over, jobCompletedAt: '2026-01-01T00:08:00Z' };
    expect(decide(0, [{ name: 'a', status: long }]).letGo).toEqual(['a']);
  });

  it('gives failed runners no place (D-23)', () => {
    const failed = { phase: 'Failed', mayHaveJob: false } as const;
    expect(decide(1, [{ name: 'a', status: failed }])).toMatchObject({ create: 1, letGo: ['a'] });
  });

  it('replaces idle runners of an old spec at once, and counts busy ones (D-26)', () => {
    const runners = [
      { name: 'idle', hash: 'old' },
      { name: 'busy', hash: 'old', status: BUSY },
    ];
    expect(decide(3, runners)).toMatchObject({ create: 2, letGo: ['idle'] });
  });

  it('is outdated while the spec is the one that the server takes no more (NEW-11)', () => {
    const outdated = [{ name: 'a', status: { phase: 'Outdated', mayHaveJob: false } as const }];
    expect(decide(2, outdated)).toMatchObject({
      create: 0,
      letGo: ['a'],
      status: { phase: 'Outdated', outdatedHash: 'new' },
    });
    expect(decide(2, [], { outdatedHash: 'new' })).toMatchObject({ create: 0, status: { phase: 'Outdated' } });
    expect(decide(2, [], { outdatedHash: 'old' })).toMatchObject({ create: 2, status: { phase: 'Running' } });
  });

  it('waits after failed starts, and tries one at a time when there were too many (NEW-9, D-23)', () => {
    const breaker = new StartBreaker(START_DELAYS_MS.scaleSets);
    breaker.failed('set', NOW);
    expect(decide(3, [], { breaker: breaker.state('set') })).toMatchObject({ create: 0, againAtMs: NOW + 5_000 });
    const open = { failures: 6, isOpen: true, wasUnseen: false, lastFailureMs: NOW - 300_000, notBeforeMs: NOW };
    expect(decide(3, [], { breaker: open })).toMatchObject({ create: 1 });
    const trying = { name: 'a', madeAt: '2026-01-01T00:09:50Z' };
    expect(decide(3, [trying], { breaker: open })).toMatchObject({
      create: 0,
      isProven: false,
      againAtMs: NOW - 10_000 + 999 + 30_000,
    });
    const living = { name: 'a', madeAt: '2026-01-01T00:09:00Z' };
    expect(decide(3, [living], { breaker: open })).toMatchObject({ create: 2, isProven: true });
  });

  it('takes only one that came online for a proof where the server had not seen the last one', () => {
    const unseen = { failures: 2, isOpen: false, wasUnseen: true, lastFailureMs: NOW - 300_000, notBeforeMs: NOW };
    const long = { name: 'a', madeAt: '2026-01-01T00:08:00Z' };
    expect(decide(1, [long], { breaker: unseen }).isProven).toBe(false);
    expect(decide(1, [long], { breaker: unseen, isOnline: () => true }).isProven).toBe(true);
  });

  it('counts by phase for the columns', () => {
    const runners: Given[] = [
      { name: 'pending' },
      { name: 'busy', status: BUSY },
      { name: 'leaving', isDeleting: true },
      { name: 'done', status: { phase: 'Succeeded', mayHaveJob: true } },
      { name: 'failed', status: { phase: 'Failed', mayHaveJob: false } },
    ];
    expect(decide(5, runners).status).toMatchObject({
      currentReplicas: 3,
      pendingEphemeralRunners: 2,
      runningEphemeralRunners: 1,
      finishedEphemeralRunners: 1,
      failedEphemeralRunners: 1,
      deletingEphemeralRunners: 1,
    });
  });
});

describe('the breaker of failed starts', () => {
  it('waits 5, 10, 20, 40, 80 s, then five minutes, and counts failures of one round once', () => {
    const breaker = new StartBreaker(START_DELAYS_MS.scaleSets);
    let nowMs = NOW;
    for (const seconds of [5, 10, 20, 40, 80, 300, 300]) {
      const state = breaker.failed('set', nowMs);
      expect((state?.notBeforeMs ?? 0) - nowMs).toBe(seconds * 1_000);
      expect(state?.isOpen).toBe(seconds === 300);
      expect(breaker.failed('set', nowMs + 1)).toBeUndefined();
      nowMs = state?.notBeforeMs ?? 0;
    }
    breaker.worked('set');
    expect(breaker.state('set')).toEqual(NO_FAILURES);
  });
});
