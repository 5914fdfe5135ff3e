/** Where groups can be made, with which controllers, and why not. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorText } from '../errors.ts';
import { newGuid } from '../ids.ts';
import { type Hierarchy, readHierarchies, readText } from './hierarchies.ts';

export type Controller = 'cpu' | 'memory' | 'pids';

/** A folder that groups can be made in, and what they can limit. */
export interface Parent {
  folder: string;
  isV2: boolean;
  controllers: Controller[];
}

export interface Parents {
  /** One for each hierarchy that is needed; empty when no group can be made at all. */
  parents: Parent[];
  /** Why a controller cannot be had, for a person. */
  missing: Partial<Record<Controller, string>>;
}

/** Version 2 allows no processes in a group that hands controllers on, so those of ours are moved into this one. */
export const MAIN_GROUP = 'switchyard-main';

/**
 * Finds parents for the controllers, and one that at least tells which processes belong together. May move this process
 * and those of its session into a group beside the future ones (version 2); repeating it changes nothing.
 * @param root where `/proc` and `/sys` are
 */
export function findParents(wanted: readonly Controller[], root = '/'): Parents {
  const hierarchies = readHierarchies(root);
  const missing: Parents['missing'] = {};
  const parents = new Map<string, Parent>();
  for (const controller of wanted) {
    const found = parentFor(controller, hierarchies, root);
    if (typeof found === 'string') missing[controller] = found;
    else {
      const known = parents.get(found.folder) ?? { ...found, controllers: [] };
      parents.set(found.folder, { ...known, controllers: [...known.controllers, controller] });
    }
  }
  if (parents.size === 0) {
    const tracking = trackingParent(hierarchies);
    if (tracking) parents.set(tracking.folder, tracking);
  }
  return { parents: [...parents.values()], missing };
}

/** Everywhere that `findParents` could have chosen. */
export const groupFolders = (root = '/'): string[] =>
  readHierarchies(root).flatMap((hierarchy) => (hierarchy.isV2 ? placesOf(hierarchy) : [hierarchy.own]));

/** @returns a sentence when there is none */
function parentFor(
  controller: Controller,
  hierarchies: Hierarchy[],
  root: string,
): Omit<Parent, 'controllers'> | string {
  const v1 = hierarchies.find(({ controllers }) => controllers.includes(controller));
  if (v1) {
    const problem = tryMaking(v1.own);
    return problem ?? { folder: v1.own, isV2: false };
  }
  const v2 = hierarchies.find(({ isV2 }) => isV2);
  if (!v2) return 'this system has no control groups for it';
  const problems: string[] = [];
  for (const folder of placesOf(v2)) {
    const problem = handOn(controller, folder, v2, root) ?? tryMaking(folder);
    if (problem === undefined) return { folder, isV2: true };
    problems.push(problem);
  }
  return problems[0] ?? 'no control group may be changed';
}

/** The own group first, as systemd and containers hand it over; the top one where that cannot be. */
function placesOf({ own, top }: Hierarchy): string[] {
  const group = basename(own) === MAIN_GROUP ? dirname(own) : own;
  return [...new Set([group, top])];
}

/** Version 2: groups below get a controller only from one that hands it on. @returns why that cannot be */
function handOn(controller: Controller, folder: string, { top }: Hierarchy, root: string): string | undefined {
  const has = (file: string): boolean => readText(join(folder, file)).split(' ').includes(controller);
  if (has('cgroup.subtree_control')) return undefined;
  if (!has('cgroup.controllers')) return `the control group ${folder} was not given the controller ${controller}`;
  try {
    // The top group of the system has no type, and is the one that may have processes beside groups.
    if (folder !== top || existsSync(join(folder, 'cgroup.type'))) moveAside(folder, root);
    writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    return undefined;
  } catch (error) {
    return `the control group ${folder} may not be changed: ${errorText(error)}`;
  }
}

/** @throws Error when the group has processes of others, or may not be changed */
function moveAside(folder: string, root: string): void {
  const pids = readText(join(folder, 'cgroup.procs')).split('\n').filter(Boolean);
  if (pids.length === 0) return;
  const session = sessionOf('self', root);
  const stranger = pids.find((pid) => sessionOf(pid, root) !== session);
  if (stranger !== undefined) throw new Error(`process ${stranger}, which is not Switchyard's, is in it too`);
  const aside = join(folder, MAIN_GROUP);
  mkdirSync(aside, { recursive: true });
  for (const pid of pids) writeFileSync(join(aside, 'cgroup.procs'), pid);
}

/** proc_pid_stat(5): the sixth field; the second, a name in brackets, may hold anything. */
function sessionOf(pid: string, root: string): string | undefined {
  const stat = readText(join(root, 'proc', pid, 'stat'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
}

/** @returns why no group can be made there */
function tryMaking(folder: string): string | undefined {
  const probe = join(folder, `switchyard-probe-${newGuid()}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return undefined;
  } catch (error) {
    return `no control group can be made in ${folder}: ${errorText(error)}`;
  }
}

function trackingParent(hierarchies: Hierarchy[]): Parent | undefined {
  const candidates = [...hierarchies].sort((a, b) => Number(b.isV2) - Number(a.isV2));
  for (const { own, isV2 } of candidates) {
    if (tryMaking(own) === undefined) return { folder: own, isV2, controllers: [] };
  }
  return undefined;
}
