/** Why a container, or a process in it, was killed: nobody should have to guess what "exit code 137" was. */
import { explainFullDisk, type FileSystem } from '../causes/disk.ts';
import { outOfMemory } from '../causes/memory.ts';
import type { Docker } from './docker.ts';

export interface Kill {
  /** Signal number that a Docker command sent. */
  signal: string;
  /** Seconds since the epoch. */
  at: number;
}

export interface Evidence {
  /** `gone`: there is no such container any more. */
  state: 'running' | 'stopped' | 'gone';
  /** Of the container's main process, once it has stopped. */
  exitCode: number;
  isOutOfMemory: boolean;
  /** 0: the container has none. */
  memoryLimitBytes: number;
  /** Highest use of memory, where the container can still be asked. */
  peakBytes: number | undefined;
  /** Signals from Docker commands while the step ran. */
  kills: Kill[];
}

/** One sentence; undefined when nothing speaks for a kill. @param code that the step's process ended with */
export function explainKill(evidence: Evidence, code: number): string | undefined {
  const { state, isOutOfMemory, kills, exitCode } = evidence;
  if (isOutOfMemory) {
    const { memoryLimitBytes, peakBytes } = evidence;
    return outOfMemory('the container', { limitBytes: memoryLimitBytes || undefined, peakBytes });
  }
  const [kill] = kills;
  const told = kill && `signal ${kill.signal} at ${new Date(kill.at * 1_000).toISOString()}`;
  if (state === 'gone') {
    return `Killed from outside: somebody else removed the container from the Docker engine${told ? ` (${told})` : ''}; this runner did not.`;
  }
  if (told) return `Killed from outside: a Docker command sent the container ${told}; this runner did not.`;
  if (state === 'stopped' && exitCode >= 128) {
    return `The container was ended by signal ${exitCode - 128}, though no Docker command did that: a process of the machine has, or the Docker engine was stopped.`;
  }
  if (state === 'stopped') return `The container ended by itself, with exit code ${exitCode}.`;
  if (code !== KILLED) return undefined;
  return 'The process was killed with signal 9, by another process of the container or of the machine: its memory limit was not reached, and the runner did not do it.';
}

/** 128 + SIGKILL */
export const KILLED = 137;

/** Of `docker container inspect`. */
interface Inspected {
  State: { Status: string; Running: boolean; ExitCode: number; OOMKilled: boolean };
  HostConfig: { Memory: number };
}

interface DockerEvent {
  Action: string;
  time: number;
  Actor?: { Attributes?: Record<string, string> };
}

/** When things began, in milliseconds since the epoch. */
export interface Beginnings {
  container: number;
  step: number;
}

/**
 * Asks the engine, which remembers its newest events only: call it at once. Never rejects.
 * @param code that the step's process ended with, not 0
 */
export async function whyKilled(
  docker: Docker,
  id: string,
  code: number,
  since: Beginnings,
): Promise<string | undefined> {
  try {
    const inspected = await docker.inspect<Inspected>('container', id);
    const isRunning = inspected?.State.Running ?? false;
    if (isRunning && code !== KILLED) return undefined;
    // What stopped the container may have done so before this step.
    const events = await eventsOf(docker, id, isRunning ? since.step : since.container);
    const found = evidenceIn(inspected, events);
    const peakBytes = isRunning && found.isOutOfMemory ? await peakOf(docker, id) : undefined;
    return explainKill({ ...found, peakBytes }, code);
  } catch {
    return undefined;
  }
}

function evidenceIn(inspected: Inspected | undefined, events: DockerEvent[]): Omit<Evidence, 'peakBytes'> {
  const state = inspected?.State;
  const isGone = state === undefined || ['removing', 'dead'].includes(state.Status);
  const kills = events.flatMap(({ Action, Actor, time }) =>
    Action === 'kill' ? [{ signal: Actor?.Attributes?.signal ?? 'unknown', at: time }] : [],
  );
  // The state keeps an earlier one of the same container, so it only counts where nothing else ended it.
  const isStateTold = state?.OOMKilled === true && !state.Running && kills.length === 0;
  return {
    state: isGone ? 'gone' : state.Running ? 'running' : 'stopped',
    exitCode: state?.ExitCode ?? 0,
    isOutOfMemory: isStateTold || (kills.length === 0 && events.some(({ Action }) => Action === 'oom')),
    memoryLimitBytes: inspected?.HostConfig.Memory ?? 0,
    kills,
  };
}

async function eventsOf(docker: Docker, id: string, sinceMs: number): Promise<DockerEvent[]> {
  const span = ['--since', String(sinceMs / 1_000), '--until', String(Date.now() / 1_000)];
  const printed = await docker.run(['events', ...span, '--filter', `container=${id}`, '--format', '{{json .}}']);
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DockerEvent);
}

/** As control groups of version 2 and 1 tell it. */
async function peakOf(docker: Docker, id: string): Promise<number | undefined> {
  const files = '/sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes';
  const printed = await docker.run(['exec', id, 'sh', '-c', `cat ${files} 2>/dev/null; exit 0`]).catch(() => '');
  const bytes = Number.parseInt(printed, 10);
  return Number.isFinite(bytes) ? bytes : undefined;
}

/** Folders of a container that programs write to by habit. */
const WRITTEN = ['/', '/tmp', '/dev/shm'];

/** A full file system inside a running container. Never rejects. @param cwd of the process that has failed */
export async function whichIsFull(docker: Docker, id: string, cwd: string): Promise<string | undefined> {
  const script = 'for at in "$@"; do stat -f -c "%S %a %b %d %c $at" "$at" 2>/dev/null; done; exit 0';
  const printed = await docker.run(['exec', id, 'sh', '-c', script, 'sh', cwd, ...WRITTEN]).catch(() => '');
  return explainFullDisk(printed.split('\n').flatMap(readStat), ' in the container');
}

function readStat(line: string): FileSystem[] {
  const [, ...fields] = /^(\d+) (\d+) (\d+) (\d+) (\d+) (.+)$/.exec(line) ?? [];
  const [blockBytes = 0, free = 0, blocks = 0, freeInodes = 0, inodes = 0] = fields.slice(0, 5).map(Number);
  const path = fields[5];
  if (path === undefined) return [];
  return [{ path, freeBytes: free * blockBytes, sizeBytes: blocks * blockBytes, freeInodes, inodes }];
}
