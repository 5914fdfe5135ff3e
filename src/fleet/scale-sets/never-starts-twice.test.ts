import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';

/** What may happen to a scale set, each with a number that picks the victim. */
const JOBS_AND_MESSAGES = [
  'queue',
  'queue',
  'take',
  'finish',
  'cancel',
  'lose',
  'repeat',
  'shuffle',
  'deliver',
  'quiet',
  'restart',
  'service-fails',
  'service-recovers',
  'time',
  'settle',
  'settle',
  'settle',
];
const EVERYTHING = [...JOBS_AND_MESSAGES, 'crash', 'limits', 'template', 'offline', 'removed', 'long-time'];

const sequenceOf = (kinds: string[]) =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(30) }), { minLength: 5, maxLength: 40 });
type Happening = { kind: string; pick: number };

const POLL = { timeout: 10_000, interval: 2 };

describe('a scale set under shuffled, repeated and lost messages', () => {
  it('starts no more runners than there are jobs, and runs every job', async () => {
    await fc.assert(
      fc.asyncProperty(sequenceOf(JOBS_AND_MESSAGES), (sequence) =>
        inWorld(sequence, ({ fleet, jobs }) => expect(fleet.backend.started.length).toBeLessThanOrEqual(jobs)),
      ),
      { numRuns: 40 },
    );
  }, 240_000);

  it('starts none twice and stops none with a job while runners crash, limits and specs change', async () => {
    await fc.assert(
      fc.asyncProperty(sequenceOf(EVERYTHING), (sequence) =>
        inWorld(sequence, ({ fleet, stoppedBusy }) => {
          expect(stoppedBusy).toEqual([]);
          const started = fleet.backend.started.map(({ name }) => name);
          expect(new Set(started).size).toBe(started.length);
        }),
      ),
      { numRuns: 40 },
    );
  }, 240_000);
});

async function inWorld(sequence: Happening[], check: (world: World) => void): Promise<void> {
  const world = await World.start();
  try {
    for (const happening of sequence) await world.happen(happening);
    await world.calmDown();
    check(world);
  } finally {
    await world.close();
  }
}

class World {
  readonly fleet: FleetUnderTest;
  readonly clock: ManualClock;
  readonly stoppedBusy: string[] = [];
  jobs = 0;

  private constructor(fleet: FleetUnderTest, clock: ManualClock) {
    this.fleet = fleet;
    this.clock = clock;
    fleet.backend.onStop = (name) => {
      if (this.#service.isBusy(name)) this.stoppedBusy.push(name);
    };
  }

  static async start(): Promise<World> {
    const clock = new ManualClock();
    const fleet = await FleetUnderTest.withFake(clock);
    fleet.listen('arc', { maxRunners: 4 });
    await expect.poll(() => fleet.github.scaleSets.session, POLL).toBeDefined();
    return new World(fleet, clock);
  }

  get #service() {
    return this.fleet.github.scaleSets;
  }

  get #running(): string[] {
    return this.fleet.backend.running();
  }

  async happen({ kind, pick }: Happening): Promise<void> {
    const service = this.#service;
    const one = this.#running[pick % Math.max(1, this.#running.length)];
    switch (kind) {
      case 'queue':
        service.queue(++this.jobs);
        break;
      case 'take':
        if (one) service.take(one);
        break;
      case 'finish':
        if (one && service.isBusy(one)) this.#end(one);
        break;
      case 'crash':
        if (one) this.#crash(one, pick);
        break;
      case 'cancel':
        service.cancel(1 + (pick % Math.max(1, this.jobs)));
        break;
      case 'lose':
        service.mangle = () => [];
        break;
      case 'repeat':
        service.mangle = (items) => [...items, ...items];
        break;
      case 'shuffle':
        service.mangle = (items) => items.toSorted((a, b) => hash(a, pick) - hash(b, pick));
        break;
      case 'deliver':
        service.mangle = (items) => items;
        break;
      case 'quiet':
        service.quiet();
        break;
      case 'limits':
        this.#change({ minRunners: pick % 3, maxRunners: 4 + (pick % 2) });
        break;
      case 'template':
        this.#change({ template: { metadata: { labels: { version: String(pick % 3) } } } });
        break;
      case 'offline':
        for (const agent of service.agents.values()) if (agent.name === one) agent.status = 'offline';
        break;
      case 'removed':
        // By somebody else; the service refuses it for a busy one.
        for (const [id, { name, job }] of service.agents)
          if (name === one && job === undefined) service.agents.delete(id);
        break;
      case 'long-time':
        // Until after every time-out, with the looks that come between.
        for (let minute = 0; minute < 11; minute++) {
          this.clock.advance(60_000);
          await this.fleet.controller.settled();
        }
        break;
      case 'restart':
        await this.fleet.restart();
        break;
      case 'service-fails':
        service.failWith = pick % 2 === 0 ? 503 : 500;
        break;
      case 'service-recovers':
        service.failWith = undefined;
        break;
      case 'time':
        this.clock.advance(pick * 4_000);
        break;
      default:
        await this.#letThemTalk();
    }
  }

  /** As long as a few calls to the service take: time for messages to be heard and runners to be registered. */
  async #letThemTalk(): Promise<void> {
    for (let call = 0; call < 4; call++) await fetch(`${this.fleet.github.url}/api/v3/`);
    await this.fleet.controller.settled();
  }

  /** The service works, every message arrives, jobs are run, and time passes. */
  async calmDown(): Promise<void> {
    const service = this.#service;
    service.failWith = undefined;
    service.mangle = (items) => items;
    this.#change({ minRunners: 0 });
    const isOver = (): boolean =>
      service.count('available', 'assigned', 'running') === 0 &&
      this.#running.length === 0 &&
      service.agents.size === 0 &&
      this.fleet.ephemeralRunners().length === 0;
    await expect
      .poll(async () => {
        for (const name of this.#running) {
          service.take(name);
          if (service.isBusy(name)) this.#end(name);
        }
        this.clock.advance(31_000);
        await this.fleet.controller.settled();
        service.quiet();
        return isOver();
      }, POLL)
      .toBe(true);
  }

  async close(): Promise<void> {
    this.fleet.backend.onStop = () => undefined;
    await this.fleet.close();
  }

  #end(name: string): void {
    this.#service.finish(name);
    this.fleet.backend.exit(name, { code: 0, ranMs: 60_000, output: '' });
  }

  /** Its job, if it had one, fails by its lease. */
  #crash(name: string, pick: number): void {
    this.fleet.backend.exit(name, { signal: 'SIGKILL', ranMs: pick * 2_000, output: '' });
    this.#service.finish(name, 'failed');
  }

  #change(spec: object): void {
    const found = this.fleet.store.find({ plural: 'autoscalingrunnersets', namespace: 'default', name: 'arc' });
    if (!found) return;
    this.fleet.store.update('autoscalingrunnersets', { ...found, spec: { ...(found.spec as object), ...spec } });
  }
}

/** Some order that `pick` decides. */
const hash = (item: object, pick: number): number => {
  let sum = pick;
  for (const char of JSON.stringify(item)) sum = (sum * 31 + char.charCodeAt(0)) % 1_009;
  return sum;
};
