/** Runner scale sets at a place: found, made, changed, deleted (runner-protocol 10.2). */
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { scopeName } from '../../protocol/github/runners.ts';
import { ScaleSet } from '../../protocol/github/scale-sets.ts';
import type { ScaleSetConnection } from './connection.ts';
import { ScaleSetRefusal } from './refusal.ts';

export interface WantedScaleSet {
  name: string;
  runnerGroupId: number;
  /** What jobs ask for in `runs-on`. */
  labels: string[];
}

const SETS = 'runtime/runnerscalesets';
const SetList = z.looseObject({ value: z.array(ScaleSet) });
const GroupList = z.looseObject({ value: z.array(z.looseObject({ id: z.number().int(), name: z.string() })) });

/** GitHub's id of the group named Default, in every scope. */
const DEFAULT_GROUP_ID = 1;

/** @throws UserError `no-runner-group` */
export async function scaleSetGroupId(
  connection: ScaleSetConnection,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<number> {
  if (!name || name.toLowerCase() === 'default') return DEFAULT_GROUP_ID;
  const path = `runtime/runnergroups/?groupName=${encodeURIComponent(name)}`;
  const { value } = await connection.request(GroupList, { path }, signal);
  const group = value.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (group) return group.id;
  throw new UserError('no-runner-group', `${scopeName(connection.scope)} has no runner group "${name}".`, {
    hint: 'Create the group, or leave spec.runnerGroup out to use the Default group.',
  });
}

export async function findScaleSet(
  connection: ScaleSetConnection,
  { name, runnerGroupId }: Pick<WantedScaleSet, 'name' | 'runnerGroupId'>,
  signal?: AbortSignal,
): Promise<ScaleSet | undefined> {
  const path = `${SETS}?runnerGroupId=${runnerGroupId}&name=${encodeURIComponent(name)}`;
  const { value } = await connection.request(SetList, { path }, signal);
  return value.find((set) => set.name.toLowerCase() === name.toLowerCase());
}

/** @returns undefined when it is gone */
export function getScaleSet(
  connection: ScaleSetConnection,
  id: number,
  signal?: AbortSignal,
): Promise<ScaleSet | undefined> {
  return connection.request(ScaleSet, { path: `${SETS}/${id}` }, signal).catch(absent);
}

export function createScaleSet(
  connection: ScaleSetConnection,
  wanted: WantedScaleSet,
  signal?: AbortSignal,
): Promise<ScaleSet> {
  return connection.request(ScaleSet, { method: 'POST', path: SETS, body: bodyOf(wanted) }, signal);
}

export function updateScaleSet(
  connection: ScaleSetConnection,
  id: number,
  wanted: WantedScaleSet,
  signal?: AbortSignal,
): Promise<ScaleSet> {
  return connection.request(ScaleSet, { method: 'PATCH', path: `${SETS}/${id}`, body: bodyOf(wanted) }, signal);
}

/** One that is gone already is as good. */
export async function deleteScaleSet(connection: ScaleSetConnection, id: number, signal?: AbortSignal): Promise<void> {
  await connection.send({ method: 'DELETE', path: `${SETS}/${id}` }, signal).catch(absent);
}

/** Whether a scale set is as wanted. */
export function isAsWanted(set: ScaleSet, { name, runnerGroupId, labels }: WantedScaleSet): boolean {
  const lower = (texts: string[]): string => JSON.stringify(texts.map((text) => text.toLowerCase()).sort());
  return (
    set.name === name &&
    set.runnerGroupId === runnerGroupId &&
    lower(set.labels.map((label) => label.name)) === lower(labels)
  );
}

const bodyOf = ({ name, runnerGroupId, labels }: WantedScaleSet): object => ({
  name,
  runnerGroupId,
  labels: labels.map((label) => ({ type: 'System', name: label })),
  RunnerSetting: { disableUpdate: true },
});

function absent(error: unknown): undefined {
  if (error instanceof ScaleSetRefusal && error.status === 404) return undefined;
  throw error;
}
