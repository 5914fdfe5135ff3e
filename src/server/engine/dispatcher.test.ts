import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRequirement, runnerFacts, wallOf } from '../../../test/support/runner-facts.ts';
import { mismatches, type RunnerFacts } from '../../workflow/routing.ts';
import { Dispatcher, type QueuedJob } from './dispatcher.ts';

const runner = (id: number, ...labels: string[]): RunnerFacts => runnerFacts(`runner-${id}`, labels, { id });

const job = (id: number, ...labels: string[]): QueuedJob => ({
  id,
  requirement: jobRequirement(labels),
  readyAtMs: id,
});

/** A dispatcher whose offers are written down as `job 1 -> runner 2`. */
function setUp() {
  const dispatcher = new Dispatcher();
  const offers: string[] = [];
  const park = (facts: RunnerFacts): void =>
    dispatcher.park({ runner: facts, offer: ({ id }) => offers.push(`job ${id} -> runner ${facts.id}`) });
  return { dispatcher, offers, park };
}

describe('Dispatcher', () => {
  it('offers a job that becomes ready to a parked runner at once', () => {
    const { dispatcher, offers, park } = setUp();
    park(runner(1, 'linux'));
    dispatcher.enqueue(job(1, 'Linux'));
    expect(offers).toEqual(['job 1 -> runner 1']);
    expect(dispatcher.parkedCount).toBe(0);
  });

  it('SEM-13.8: prefers the runner with the fewest surplus labels', () => {
    const { dispatcher, offers, park } = setUp();
    park(runner(1, 'linux', 'gpu', 'prod'));
    park(runner(2, 'linux', 'gpu'));
    park(runner(3, 'linux', 'x', 'y'));
    dispatcher.enqueue(job(1, 'linux'));
    expect(offers).toEqual(['job 1 -> runner 2']);
  });

  it('SEM-13.8: gives a runner the job that has waited longest of those it may take', () => {
    const { dispatcher, offers, park } = setUp();
    for (const waiting of [job(3, 'linux'), job(1, 'gpu'), job(2, 'linux', 'x64')]) dispatcher.enqueue(waiting);
    park(runner(1, 'linux', 'x64'));
    park(runner(1, 'linux', 'x64'));
    expect(offers).toEqual(['job 2 -> runner 1', 'job 3 -> runner 1']);
  });

  it('puts a job that is offered again back to its old place', () => {
    const { dispatcher, offers, park } = setUp();
    for (const id of [2, 3, 1]) dispatcher.enqueue(job(id, 'linux'));
    for (const id of [7, 8, 9]) park(runner(id, 'linux'));
    expect(offers).toEqual(['job 1 -> runner 7', 'job 2 -> runner 8', 'job 3 -> runner 9']);
  });

  it('forgets withdrawn jobs and runners that went away', () => {
    const { dispatcher, offers, park } = setUp();
    dispatcher.enqueue(job(1, 'linux'));
    dispatcher.withdraw(1);
    park(runner(1, 'linux'));
    dispatcher.unpark(1);
    dispatcher.enqueue(job(2, 'linux'));
    expect(offers).toEqual([]);
    expect([dispatcher.queuedCount, dispatcher.parkedCount]).toEqual([1, 0]);
  });

  it('SEM-13.4: keeps jobs apart that a wall tells apart, although their labels are the same', () => {
    const { dispatcher, offers, park } = setUp();
    const wall = wallOf({ refs: ['main'] });
    dispatcher.regroup([wall]);
    dispatcher.enqueue({ ...job(1, 'linux'), requirement: jobRequirement(['linux'], { ref: 'refs/heads/topic' }) });
    dispatcher.enqueue(job(2, 'linux'));
    park({ ...runner(7, 'linux'), wall });
    park(runner(8, 'linux'));
    expect(offers).toEqual(['job 2 -> runner 7', 'job 1 -> runner 8']);
  });

  it('SEM-13.4: a wall that is taken away counts at once for parked polls and waiting jobs, oldest first', () => {
    const { dispatcher, offers, park } = setUp();
    const facts = { ...runner(7, 'linux'), wall: wallOf({ labels: ['prod'] }) };
    dispatcher.regroup([facts.wall]);
    park(facts);
    for (const id of [2, 1]) dispatcher.enqueue(job(id, 'linux'));
    expect(offers).toEqual([]);
    Object.assign(facts, { wall: null });
    dispatcher.regroup([]);
    expect(offers).toEqual(['job 1 -> runner 7']);
    expect([dispatcher.queuedCount, dispatcher.parkedCount]).toEqual([1, 0]);
  });

  it('SEM-13.4: a wall that is set counts at once for a parked poll', () => {
    const { dispatcher, offers, park } = setUp();
    const facts = runner(7, 'linux');
    park(facts);
    facts.wall = wallOf({ labels: ['prod'] });
    dispatcher.regroup([facts.wall]);
    dispatcher.enqueue(job(1, 'linux'));
    expect(offers).toEqual([]);
  });

  it('never leaves an idle runner beside a job that it may take, and offers nothing twice', () => {
    const labels = fc.subarray(['linux', 'gpu', 'prod'], { minLength: 1 });
    const event = fc.record({ kind: fc.constantFrom('job', 'runner', 'walls'), labels });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { dispatcher, offers, park } = setUp();
        const jobs = events.flatMap((entry, id) => (entry.kind === 'job' ? [job(id, ...entry.labels)] : []));
        const runners = events.flatMap((entry, id) => (entry.kind === 'runner' ? [runner(id, ...entry.labels)] : []));
        events.forEach(({ kind }, id) => {
          const next = kind === 'job' ? jobs.find((entry) => entry.id === id) : undefined;
          const idle = runners.find((entry) => entry.id === id);
          if (next) dispatcher.enqueue(next);
          else if (idle) park(idle);
          else {
            // From now on these labels are exclusive on every runner that has one of them.
            const wall = wallOf({ labels: events[id]?.labels });
            for (const facts of runners)
              facts.wall = facts.labels.some((own) => wall.labels.includes(own)) ? wall : null;
            dispatcher.regroup([wall]);
          }
        });
        const taken = new Set(offers.map((offer) => offer.split(' ')[1]));
        const used = new Set(offers.map((offer) => offer.split(' ')[4]));
        expect(taken.size).toBe(offers.length);
        expect(used.size).toBe(offers.length);
        for (const left of jobs.filter(({ id }) => !taken.has(String(id)))) {
          for (const idle of runners.filter(({ id }) => !used.has(String(id)))) {
            expect(mismatches(left.requirement, idle)).not.toEqual([]);
          }
        }
      }),
    );
  });
});
