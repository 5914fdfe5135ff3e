/** The text of `types.ts` as tests: every backend passes them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import type { Backend, Exit } from './types.ts';

export interface BackendUnderTest {
  backend: Backend;
  /** A second backend on the same place, as after a restart of the fleet. */
  reopen(): Promise<Backend>;
  /** A JIT config with which a runner goes on running. */
  jitConfig: string;
  /** Of the runners; default one that asks for nothing special. */
  spec?: RunnerSpec;
  /** Ends an instance from outside, abnormally. */
  crash(name: string): Promise<void>;
  /** Ends what is left. */
  close(): Promise<void>;
}

const PLAIN: RunnerSpec = { repository: 'octo/app' };

export function describeBackend(title: string, make: () => Promise<BackendUnderTest>): void {
  describe(`the backend contract: ${title}`, { timeout: 30_000 }, () => {
    let subject: BackendUnderTest;
    let spec: RunnerSpec;
    beforeEach(async () => {
      subject = await make();
      spec = subject.spec ?? PLAIN;
    });
    afterEach(() => subject.close());

    const start = (name: string, keepConfig = false): Promise<void> =>
      subject.backend.start({ name, jitConfig: subject.jitConfig, keepConfig, spec });

    it('lists a started runner as running, and starting it again changes nothing', async () => {
      await start('one');
      await start('one');
      expect(await subject.backend.list()).toEqual([{ name: 'one', resumable: false }]);
    });

    it('stops a runner, tells its end once, and a second stop does nothing', async () => {
      const ends: string[] = [];
      subject.backend.onExit((name) => ends.push(name));
      await start('one');
      await subject.backend.stop('one', 5_000);
      await subject.backend.stop('one', 5_000);
      expect(ends).toEqual(['one']);
      expect((await subject.backend.list())[0]?.exit).toBeDefined();
    });

    it('forgets a removed runner, and its name may be used anew', async () => {
      await start('one');
      await subject.backend.stop('one', 5_000);
      await subject.backend.remove('one', { keepLog: false });
      expect(await subject.backend.list()).toEqual([]);
      await start('one');
      expect(await subject.backend.list()).toEqual([{ name: 'one', resumable: false }]);
    });

    it('does nothing for a name that it does not know', async () => {
      await subject.backend.stop('nobody', 1_000);
      await subject.backend.remove('nobody', { keepLog: true });
      expect(await subject.backend.list()).toEqual([]);
    });

    it('tells an end that nobody asked for', async () => {
      const ended = new Promise<Exit>((resolve) => subject.backend.onExit((_name, exit) => resolve(exit)));
      await start('one');
      await subject.crash('one');
      expect((await ended).code).not.toBe(0);
    });

    it('starts a runner again from its kept config', async () => {
      await start('lasting', true);
      const ended = new Promise((resolve) => subject.backend.onExit(resolve));
      await subject.crash('lasting');
      await ended;
      expect((await subject.backend.list())[0]).toMatchObject({ resumable: true, exit: {} });
      await subject.backend.start({ name: 'lasting', keepConfig: true, spec });
      expect(await subject.backend.list()).toEqual([{ name: 'lasting', resumable: true }]);
    });

    it('leaves runners running when it closes; the next one finds them, sees their end and can stop them', async () => {
      await start('survivor');
      await start('other');
      await subject.backend.close();
      const next = await subject.reopen();
      expect((await next.list()).filter(({ exit }) => !exit)).toHaveLength(2);
      const ended = new Promise<string>((resolve) => next.onExit(resolve));
      await subject.crash('survivor');
      expect(await ended).toBe('survivor');
      await next.stop('other', 5_000);
      expect((await next.list()).filter(({ exit }) => !exit)).toEqual([]);
    });
  });
}
