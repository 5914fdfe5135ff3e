/** What the server is told when the fleet ends, and which of its runners have no job then. */
import { findRunner, type RemovalAnswer, removeRunner } from '../../github/index.ts';
import { removeAgent } from '../../github/scale-sets/index.ts';
import type { EphemeralRunner } from '../resources/ephemeral-runner.ts';
import { annotation, type Runner } from '../resources/runner.ts';
import { isEphemeral } from '../resources/runner-spec.ts';
import { instanceName, type ReconcilerContext } from './context.ts';
import { placeOfRunner, registrationId } from './runner-notes.ts';

/** Longest wait for the server to answer. */
const FAREWELL_MS = 2_000;
/** GitHub takes no more than a hundred, and thousands would need seconds to be opened. */
const CALLS_AT_ONCE = 64;

/**
 * Ends registrations for one job, best effort: what the server does not hear now, the next start tells it.
 * @returns names of instances that have no job, by the server's word. Those of lasting registrations may yet get one.
 */
export async function sayFarewell(context: ReconcilerContext): Promise<Set<string>> {
  const { store } = context;
  const timeout = AbortSignal.timeout(FAREWELL_MS);
  const registered = (store.list('runners') as Runner[]).filter(
    ({ metadata }) => metadata.annotations?.[annotation.id] !== undefined,
  );
  const ofSets = (store.list('ephemeralrunners') as EphemeralRunner[]).filter(({ status }) => status?.runnerId);
  const free = new Set<string>();
  await someAtATime([
    ...registered.map((runner) => async () => {
      const leave = isEphemeral(runner.spec) ? letGo : isIdle;
      if (await leave(context, runner, timeout)) free.add(instanceName(runner));
    }),
    ...ofSets.map((runner) => async () => {
      const { metadata, spec, status } = runner;
      const connection = await context.scaleSets.connections.get(metadata.namespace, spec);
      if (isFree(await removeAgent(connection, status?.runnerId ?? 0, timeout))) free.add(instanceName(runner));
    }),
  ]);
  return free;
}

/** What fails is left to the next start. */
async function someAtATime(calls: readonly (() => Promise<void>)[]): Promise<void> {
  const left = calls.values();
  const caller = async (): Promise<void> => {
    for (const call of left) await call().catch(() => undefined);
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
}

async function letGo({ githubFor }: ReconcilerContext, runner: Runner, signal: AbortSignal): Promise<boolean> {
  const place = placeOfRunner(runner);
  return isFree(await removeRunner(githubFor(place), place.scope, registrationId(runner), signal));
}

async function isIdle({ githubFor }: ReconcilerContext, runner: Runner, signal: AbortSignal): Promise<boolean> {
  const place = placeOfRunner(runner);
  const found = await findRunner(githubFor(place), place.scope, runner.metadata.name, signal);
  return found?.busy !== true;
}

const isFree = (answer: RemovalAnswer): boolean => answer === 'removed' || answer === 'absent';
