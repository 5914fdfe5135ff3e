import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { FleetUnderTest } from '../testing/fleet-under-test.ts';
import { STAND_IN_TOKEN } from '../testing/github-stand-in.ts';

const spec = { repository: 'octo/app', githubAPICredentialsFrom: { secretRef: { name: 'github' } } };
const key = { plural: 'secrets', namespace: 'default', name: 'github' };

describe('runners that bring credentials (AUTH-2)', () => {
  let fleet: FleetUnderTest;
  beforeEach(async () => {
    fleet = await FleetUnderTest.withFake(new ManualClock());
  });
  afterEach(() => fleet.close());

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const putSecret = (token: string): void => {
    const data = { github_token: base64(token), github_url: base64(fleet.github.url) };
    const existing = fleet.store.find(key);
    if (existing) fleet.store.update('secrets', { ...existing, data });
    else {
      const metadata = { name: key.name, namespace: key.namespace };
      fleet.store.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata, data });
    }
  };
  const messages = (): string =>
    fleet
      .events()
      .map(({ message }) => message)
      .join('\n');

  it('says that the Secret is missing, and goes on by itself as soon as it is there', async () => {
    fleet.deploy('pool', 1, spec);
    await fleet.controller.settled();
    expect(messages()).toContain('There is no Secret github in the namespace default.');
    expect(fleet.github.runners.size).toBe(0);
    putSecret(STAND_IN_TOKEN);
    await fleet.controller.settled();
    expect(fleet.github.runners.size).toBe(1);
  });

  it("goes on by itself when a refused token is put right, and never shows the Secret's text", async () => {
    putSecret('ghp_refused');
    fleet.deploy('pool', 1, spec);
    await fleet.controller.settled();
    expect(messages()).toMatch(/answered 401/);
    expect(JSON.stringify(fleet.store.list('events'))).not.toContain('ghp_refused');
    putSecret(STAND_IN_TOKEN);
    await fleet.controller.settled();
    expect(fleet.github.runners.size).toBe(1);
  });

  it('sees and removes its runners with the same credentials', async () => {
    putSecret(STAND_IN_TOKEN);
    fleet.deploy('pool', 1, spec);
    await fleet.everyRunner();
    fleet.clock.advance(10_000);
    await expect.poll(() => fleet.runners()[0]?.status?.phase, { timeout: 10_000 }).toBe('Idle');
    fleet.change('pool', (pool) => ({ ...pool, replicas: 0 }));
    await fleet.controller.settled();
    expect(fleet.github.runners.size).toBe(0);
  });

  it('tells why a runner cannot leave when its Secret is gone', async () => {
    putSecret(STAND_IN_TOKEN);
    fleet.deploy('pool', 1, spec);
    await fleet.controller.settled();
    fleet.store.delete(key);
    fleet.change('pool', (pool) => ({ ...pool, replicas: 0 }));
    await fleet.controller.settled();
    const reasons = fleet.events().map(({ reason }) => reason);
    expect(reasons).toContain('NoCredentials');
    expect(fleet.github.runners.size).toBe(1);
  });
});
