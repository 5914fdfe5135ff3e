import type { Clock } from '../../common/clock.ts';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { labelsOf, type RunnerRow } from '../../store/runners.ts';
import type { RunnerFacts, Wall } from '../../workflow/routing.ts';

/** A runner whose poll ended is expected back within this time; the client polls again at once. */
const GRACE_MS = 10_000;

interface Entry {
  facts: RunnerFacts;
  lastSeenMs: number | null;
  cancelOffline: (() => void) | undefined;
}

export interface RunnerDirectoryEvents {
  /** The runner came online or went offline. */
  presence(runnerId: number, online: boolean): void;
}

/**
 * What this server knows of every registered runner, in memory: its facts for routing, and whether it is there.
 * Presence is not stored: after a restart every runner counts as offline until its poll comes back.
 */
export class RunnerDirectory {
  readonly #entries = new Map<number, Entry>();
  /** By the group's name. */
  readonly #groupWalls = new Map<string, Wall>();
  readonly #clock: Clock;
  readonly #onPresence: RunnerDirectoryEvents['presence'];

  constructor(clock: Clock, onPresence: RunnerDirectoryEvents['presence']) {
    this.#clock = clock;
    this.#onPresence = onPresence;
  }

  add(row: RunnerRow, group: string): RunnerFacts {
    const facts: RunnerFacts = {
      id: row.id,
      name: row.name,
      labels: labelsOf(row).map(({ name }) => name),
      group,
      scope: scopeOf(row),
      online: false,
      busy: false,
      wall: JSON.parse(row.wall),
      groupWall: this.#groupWalls.get(group) ?? null,
      scaleSet: row.scale_set_id,
    };
    const lastSeenMs = row.last_seen_at === null ? null : Date.parse(row.last_seen_at);
    this.#entries.set(row.id, { facts, lastSeenMs, cancelOffline: undefined });
    return facts;
  }

  remove(id: number): void {
    this.#entries.get(id)?.cancelOffline?.();
    this.#entries.delete(id);
  }

  get(id: number): RunnerFacts | undefined {
    return this.#entries.get(id)?.facts;
  }

  all(): RunnerFacts[] {
    return [...this.#entries.values()].map(({ facts }) => facts);
  }

  lastSeen(id: number): number | null {
    return this.#entries.get(id)?.lastSeenMs ?? null;
  }

  setLabels(id: number, labels: string[]): void {
    const entry = this.#entries.get(id);
    if (entry) entry.facts.labels = labels;
  }

  setWall(id: number, wall: Wall | null): void {
    const entry = this.#entries.get(id);
    if (entry) entry.facts.wall = wall;
  }

  moveTo(id: number, group: string): void {
    const entry = this.#entries.get(id);
    if (entry) Object.assign(entry.facts, { group, groupWall: this.groupWall(group) });
  }

  renameGroup(before: string, group: string): void {
    const wall = this.groupWall(before);
    this.setGroupWall(before, null);
    this.setGroupWall(group, wall);
    for (const { id, group: own } of this.all()) if (own === before) this.moveTo(id, group);
  }

  /** Of the runners that the group has and of those that it will have. */
  setGroupWall(group: string, wall: Wall | null): void {
    if (wall) this.#groupWalls.set(group, wall);
    else this.#groupWalls.delete(group);
    for (const facts of this.all()) if (facts.group === group) facts.groupWall = wall;
  }

  groupWall(group: string): Wall | null {
    return this.#groupWalls.get(group) ?? null;
  }

  /** Every wall that a runner stands behind or may come to stand behind, each once. */
  walls(): Wall[] {
    const own = this.all().flatMap(({ wall }) => wall ?? []);
    return [...new Map([...this.#groupWalls.values(), ...own].map((wall) => [JSON.stringify(wall), wall])).values()];
  }

  setBusy(id: number, busy: boolean): void {
    const entry = this.#entries.get(id);
    if (entry) entry.facts.busy = busy;
  }

  /** The runner's poll is here. */
  arrived(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.cancelOffline?.();
    entry.cancelOffline = undefined;
    entry.lastSeenMs = this.#clock.now();
    if (entry.facts.online) return;
    entry.facts.online = true;
    this.#onPresence(id, true);
  }

  /** The runner's poll ended; it is offline unless the next one comes soon. */
  left(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.lastSeenMs = this.#clock.now();
    entry.cancelOffline?.();
    entry.cancelOffline = this.#clock.after(GRACE_MS, () => this.gone(id));
  }

  /** The runner said goodbye, or did not come back. */
  gone(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry?.facts.online) return;
    entry.cancelOffline?.();
    entry.cancelOffline = undefined;
    entry.facts.online = false;
    this.#onPresence(id, false);
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.cancelOffline?.();
    this.#entries.clear();
  }
}

export function scopeOf(row: Pick<RunnerRow, 'scope_kind' | 'scope_name'>): RunnerScope {
  if (row.scope_kind !== 'repository') return { kind: row.scope_kind, name: row.scope_name };
  const [owner = '', name = ''] = row.scope_name.split('/');
  return { kind: 'repository', owner, name };
}
