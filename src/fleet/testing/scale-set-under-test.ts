import { expect } from 'vitest';
import type { AutoscalingRunnerSet } from '../resources/autoscaling-runner-set.ts';
import type { EphemeralRunnerSet } from '../resources/ephemeral-runner-set.ts';
import { FleetUnderTest, type TestClock } from './fleet-under-test.ts';
import type { ScaleSetStandIn } from './scale-set-stand-in.ts';

/** How long, and how often, a test looks for what comes over HTTP. */
export const POLL = { timeout: 10_000, interval: 5 };

/** The name of the scale set, and where it lies. */
export const KEY = { namespace: 'default', name: 'arc' };

/** A fleet with a scale set, and the service that it listens to. */
export class ScaleSetUnderTest {
  readonly fleet: FleetUnderTest;
  readonly service: ScaleSetStandIn;

  private constructor(fleet: FleetUnderTest) {
    this.fleet = fleet;
    this.service = fleet.github.scaleSets;
  }

  static async start(clock: TestClock): Promise<ScaleSetUnderTest> {
    return new ScaleSetUnderTest(await FleetUnderTest.withFake(clock));
  }

  set(): AutoscalingRunnerSet | undefined {
    return this.fleet.store.find({ plural: 'autoscalingrunnersets', ...KEY }) as AutoscalingRunnerSet | undefined;
  }

  runnerSet(): EphemeralRunnerSet | undefined {
    return this.fleet.store.find({ plural: 'ephemeralrunnersets', ...KEY }) as EphemeralRunnerSet | undefined;
  }

  running(): string[] {
    return this.fleet.backend.running();
  }

  async listening(spec: Parameters<FleetUnderTest['listen']>[1] = {}): Promise<void> {
    this.fleet.listen(KEY.name, spec);
    await expect.poll(() => this.set()?.status?.phase, POLL).toBe('Running');
    await this.fleet.controller.settled();
  }

  async runs(count: number): Promise<string[]> {
    await expect.poll(() => this.running().length, POLL).toBe(count);
    await this.fleet.controller.settled();
    expect(this.running()).toHaveLength(count);
    return this.running();
  }

  /** The same after as many back-offs as it takes. */
  async runsAfterRetries(count: number): Promise<void> {
    await expect
      .poll(() => {
        this.fleet.clock.advance(1_000);
        return this.running().length;
      }, POLL)
      .toBe(count);
  }

  /** The runner ends with the job that it had. */
  end(name: string): void {
    this.service.finish(name);
    this.fleet.backend.exit(name, { code: 0, ranMs: 60_000, output: '' });
  }

  change(spec: object): void {
    const current = this.set();
    if (current) this.fleet.store.update('autoscalingrunnersets', { ...current, spec: { ...current.spec, ...spec } });
  }

  delete(): void {
    this.fleet.store.delete({ plural: 'autoscalingrunnersets', ...KEY });
  }

  async close(): Promise<void> {
    await this.fleet.close();
  }
}
