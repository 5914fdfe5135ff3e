import { expect, it } from 'vitest';
import type { DemandedJob } from '../demand/types.ts';
import { type ReservingPool, reservedJobs } from './reserving-pool.ts';

const pool = (key: string, over: Partial<ReservingPool> = {}): ReservingPool => ({
  key,
  scope: { kind: 'organization', name: 'octo' },
  labels: ['self-hosted', 'gpu'],
  reserved: new Set(),
  hasRunner: () => false,
  ...over,
});

let lastId = 0;
const job = (over: Partial<DemandedJob> = {}): DemandedJob => ({
  repository: 'octo/app',
  id: ++lastId,
  attempt: 1,
  labels: ['gpu'],
  status: 'queued',
  queuedAtMs: 0,
  ...over,
});

/** Key of the pool that reserves for the job. */
function ownerOf(one: DemandedJob, ...pools: ReservingPool[]): string | undefined {
  return [...reservedJobs(pools, [one])].find(([, jobs]) => jobs.includes(one))?.[0];
}

it('WH-7: asks repository, organization, enterprise, and custom groups last', () => {
  const repository = pool('repository', { scope: { kind: 'repository', owner: 'octo', name: 'app' } });
  const enterprise = pool('enterprise', { scope: { kind: 'enterprise', name: 'all' } });
  const organization = pool('organization');
  const group = pool('group', { group: 'Builders' });
  const enterpriseGroup = pool('enterprise group', { scope: { kind: 'enterprise', name: 'all' }, group: 'Builders' });
  const all = [enterpriseGroup, group, enterprise, organization, repository];
  expect(ownerOf(job(), ...all)).toBe('repository');
  expect(ownerOf(job(), ...all.slice(0, 4))).toBe('organization');
  expect(ownerOf(job(), ...all.slice(0, 3))).toBe('enterprise');
  expect(ownerOf(job(), ...all.slice(0, 2))).toBe('group');
  expect(ownerOf(job({ group: 'builders' }), ...all)).toBe('group');
  expect(ownerOf(job(), pool('named default', { group: 'default' }), group)).toBe('named default');
});

it('WH-10: only pools that could take the job count, and of equals the oldest', () => {
  expect(ownerOf(job({ labels: ['other'] }), pool('a'))).toBeUndefined();
  expect(ownerOf(job(), pool('older'), pool('newer'))).toBe('older');
});

it('D-7: a job keeps the reservation that it has', () => {
  const one = job();
  expect(ownerOf(one, pool('older'), pool('newer', { reserved: new Set([`job/${one.id}/1`]) }))).toBe('newer');
});

it('D-7: a job that runs belongs to the pool whose runner has it, and to none when that is another’s (#2798)', () => {
  const running = job({ status: 'in_progress', runnerName: 'newer-abc' });
  const newer = pool('newer', { hasRunner: (name) => name.startsWith('newer-') });
  expect(ownerOf(running, pool('older', { reserved: new Set([`job/${running.id}/1`]) }), newer)).toBe('newer');
  expect(ownerOf({ ...running, runnerName: 'elsewhere' }, pool('older'), newer)).toBeUndefined();
});
