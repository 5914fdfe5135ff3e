import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../common/clock.ts';
import { notFound, UserError } from '../../common/errors.ts';
import { nameSuffix } from '../../common/ids.ts';
import { type Sealing, sealingWith } from '../../common/sealing.ts';
import { openSqlite, type SqliteDatabase, toSql } from '../../store/sqlite.ts';
import { asJson, deepFreeze } from '../resources/json.ts';
import { ownedBy, ownerIn } from '../resources/links.ts';
import { keyText, type ObjectKey, type ObjectMeta, type StoredObject } from '../resources/object.ts';
import { secretKind } from '../resources/secret.ts';
import { ObjectIndex } from './object-index.ts';

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  plural: string;
  object: StoredObject;
  /** What was in its place before; undefined for a new one. */
  before?: StoredObject;
}

/** A new object: what the store does not assign itself. One of `name` and `generateName` is set. */
export interface NewObject {
  apiVersion: string;
  kind: string;
  metadata: Partial<ObjectMeta> & { namespace: string };
  [field: string]: unknown;
}

/** Begins the text of an object that is sealed at rest; JSON never begins so. */
const SEALED = 'sealed:';

/** As Kubernetes cuts `generateName`: name and suffix together stay within a label's 63 characters. */
const MAX_GENERATED_BASE = 58;

/** Watchers can resume from this many events back; older ones must list again (410 Gone). */
const HISTORY = 2_000;

/**
 * The fleet's resources: all in memory, every change written to SQLite before it is seen. Objects are frozen; a change
 * makes a new one. Times have whole seconds, as in Kubernetes. Deleting sets `deletionTimestamp` while there are
 * finalizers; the update that removes the last one removes the object. Secrets are sealed in the file.
 */
export class ResourceStore {
  readonly #database: SqliteDatabase;
  readonly #clock: Clock;
  readonly #sealing: Sealing;
  readonly #objects = new ObjectIndex();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #history: StoreEvent[] = [];
  readonly #save: ReturnType<SqliteDatabase['prepare']>;
  readonly #erase: ReturnType<SqliteDatabase['prepare']>;
  #version: number;
  #oldestVersion: number;

  /**
   * @param sealing of Secrets; without one they cannot be read again after this store is closed
   * @throws UserError when the file cannot be used
   */
  constructor(file: string, clock: Clock, sealing: Sealing = sealingWith(randomBytes(32))) {
    // After a power loss the controllers find the same again from what is left: the server and the processes.
    this.#database = openSqlite(file, 'crash');
    this.#clock = clock;
    this.#sealing = sealing;
    // A removal leaves a row without an object, so that the version never goes back after a restart.
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS resources (key TEXT PRIMARY KEY, plural TEXT NOT NULL, object TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
      CREATE TRIGGER IF NOT EXISTS resource_removed AFTER DELETE ON resources
        BEGIN UPDATE version SET value = value + 1; END;
      CREATE TRIGGER IF NOT EXISTS resource_added AFTER INSERT ON resources
        BEGIN UPDATE version SET value = value + 1; END;
      CREATE TRIGGER IF NOT EXISTS resource_changed AFTER UPDATE ON resources
        BEGIN UPDATE version SET value = value + 1; END;
      INSERT OR IGNORE INTO version VALUES (1, 0);
    `);
    this.#save = this.#database.prepare(
      'INSERT INTO resources VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET object = excluded.object',
    );
    this.#erase = this.#database.prepare('DELETE FROM resources WHERE key = ?');
    this.#version = this.#load();
    this.#oldestVersion = this.#version;
  }

  /** Version of the last change. */
  get version(): string {
    return String(this.#version);
  }

  /**
   * @param isDryRun answers the same and stores nothing
   * @throws UserError `already-exists` (409)
   */
  create(plural: string, fresh: NewObject, isDryRun = false): StoredObject {
    const { namespace } = fresh.metadata;
    const name = fresh.metadata.name ?? this.#generateName(plural, namespace, fresh.metadata.generateName ?? '');
    const key = { plural, namespace, name };
    if (this.find(key)) {
      throw new UserError('already-exists', `${plural} "${name}" already exists`, { status: 409 });
    }
    const metadata: ObjectMeta = {
      ...withoutEmpty(fresh.metadata),
      name,
      namespace,
      uid: randomUUID(),
      resourceVersion: isDryRun ? this.version : this.#nextVersion(),
      generation: 1,
      creationTimestamp: this.#time(),
    };
    const object = { ...fresh, metadata };
    return isDryRun ? object : this.#put('ADDED', key, object);
  }

  find(key: ObjectKey): StoredObject | undefined {
    return this.#objects.find(key);
  }

  /** @throws UserError `not-found` (404) */
  get(key: ObjectKey): StoredObject {
    const found = this.find(key);
    if (found) return found;
    throw notFound(`${key.plural} "${key.name}"`);
  }

  /** Oldest first. */
  list(plural: string, namespace?: string): StoredObject[] {
    const all = this.#objects.list(plural);
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  /** As `list` was at that version, in no order; undefined when that is no longer known. */
  listAt(plural: string, version: number, namespace?: string): StoredObject[] | undefined {
    const changes = this.changesSince(version);
    if (!changes) return undefined;
    const then = new Map(this.list(plural, namespace).map((object) => [object.metadata.uid, object]));
    for (const { plural: changed, object, before } of changes.toReversed()) {
      if (changed !== plural || (namespace !== undefined && object.metadata.namespace !== namespace)) continue;
      if (before) then.set(before.metadata.uid, before);
      else then.delete(object.metadata.uid);
    }
    return [...then.values()];
  }

  /** Every namespace that some object is in. */
  namespaces(): string[] {
    const all = [...this.#objects.plurals()].flatMap((plural) => this.list(plural));
    return [...new Set(all.map(({ metadata }) => metadata.namespace))].filter((namespace) => namespace !== '');
  }

  /** Objects that say this of themselves (resources/links.ts), oldest first. */
  linked(link: string, plural?: string): StoredObject[] {
    return this.#objects.linked(link, plural);
  }

  /** Objects that name `uid` as an owner, oldest first. */
  ownedBy(uid: string, plural?: string): StoredObject[] {
    return this.linked(ownedBy(uid), plural);
  }

  /** Uids that some object names as its owner. */
  ownerUids(): string[] {
    return [...this.#objects.links()].flatMap((link) => ownerIn(link) ?? []);
  }

  /**
   * Replaces an object. What the store assigned (uid, creation, deletion, generation) stays. An update that changes
   * nothing makes no event and no new version.
   * @param object with the `resourceVersion` it was read at; the write is refused when that is no longer current
   * @param isDryRun answers the same and stores nothing
   * @throws UserError `conflict` (409), `not-found` (404)
   */
  update(plural: string, object: StoredObject, isDryRun = false): StoredObject {
    const key = { plural, namespace: object.metadata.namespace, name: object.metadata.name };
    const old = this.get(key);
    if (object.metadata.resourceVersion !== old.metadata.resourceVersion || object.metadata.uid !== old.metadata.uid) {
      const advice = 'the object has been modified; please apply your changes to the latest version and try again';
      throw new UserError('conflict', `Operation cannot be fulfilled on ${plural} "${key.name}": ${advice}`, {
        status: 409,
      });
    }
    const { uid, creationTimestamp, deletionTimestamp, generation, resourceVersion } = old.metadata;
    const kept = {
      uid,
      creationTimestamp,
      generation,
      resourceVersion,
      ...(deletionTimestamp ? { deletionTimestamp } : {}),
    };
    const next = { ...object, metadata: { ...withoutEmpty(object.metadata), ...kept } };
    if (deletionTimestamp && !next.metadata.finalizers?.length) return isDryRun ? next : this.#drop(key, next);
    if (isDeepStrictEqual(asJson(next), asJson(old))) return old;
    if (!isDeepStrictEqual(asJson(next.spec), asJson(old.spec))) next.metadata.generation++;
    if (isDryRun) return next;
    next.metadata.resourceVersion = this.#nextVersion();
    return this.#put('MODIFIED', key, next);
  }

  /**
   * Asks for deletion: at once without finalizers, otherwise when the last of them is removed. May be repeated.
   * @param changes annotations and finalizers to add in the same step
   * @throws UserError `not-found` (404)
   */
  delete(key: ObjectKey, changes: { annotations?: Record<string, string>; finalizers?: string[] } = {}): StoredObject {
    const old = this.get(key);
    const finalizers = [...new Set([...(old.metadata.finalizers ?? []), ...(changes.finalizers ?? [])])];
    if (finalizers.length === 0) return this.#drop(key, old);
    if (old.metadata.deletionTimestamp) return old;
    const metadata = {
      ...old.metadata,
      ...(changes.annotations ? { annotations: { ...old.metadata.annotations, ...changes.annotations } } : {}),
      finalizers,
      deletionTimestamp: this.#time(),
      resourceVersion: this.#nextVersion(),
    };
    return this.#put('MODIFIED', key, { ...old, metadata });
  }

  /** Calls `listener` after every change, in order; the returned function ends that. */
  onChange(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes after `version`, or `undefined` when they are no longer known: the caller must list again. */
  changesSince(version: number): StoreEvent[] | undefined {
    if (version < this.#oldestVersion) return undefined;
    return this.#history.filter(({ object }) => Number(object.metadata.resourceVersion) > version);
  }

  close(): void {
    this.#listeners.clear();
    this.#database.close();
  }

  #load(): number {
    let newest = 0;
    for (const row of this.#database.prepare('SELECT plural, object FROM resources ORDER BY rowid').all()) {
      const { plural, object: text } = row as { plural: string; object: string };
      const object = JSON.parse(this.#opened(text)) as StoredObject;
      const { namespace, name, resourceVersion } = object.metadata;
      this.#objects.put({ plural, namespace, name }, object);
      newest = Math.max(newest, Number(resourceVersion));
    }
    const [counted] = this.#database.prepare('SELECT value FROM version').all() as { value: number }[];
    return Math.max(newest, counted?.value ?? 0);
  }

  /** @throws UserError `wrong-key` */
  #opened(text: string): string {
    if (!text.startsWith(SEALED)) return text;
    try {
      return this.#sealing.open(text.slice(SEALED.length));
    } catch (error) {
      throw new UserError('wrong-key', "The fleet's Secrets cannot be read with the key beside its database.", {
        hint: 'Restore secrets.key together with fleet.db, from the same backup.',
        cause: error,
      });
    }
  }

  #put(type: 'ADDED' | 'MODIFIED', key: ObjectKey, object: StoredObject): StoredObject {
    const text = JSON.stringify(object);
    const saved = key.plural === secretKind.plural ? SEALED + this.#sealing.seal(text) : text;
    this.#save.run(toSql(keyText(key)), toSql(key.plural), toSql(saved));
    const stored = JSON.parse(text) as StoredObject;
    const before = this.find(key);
    this.#objects.put(key, stored);
    this.#tell({ type, plural: key.plural, object: stored, before });
    return stored;
  }

  #drop(key: ObjectKey, last: StoredObject): StoredObject {
    this.#erase.run(toSql(keyText(key)));
    const before = this.find(key);
    this.#objects.remove(key);
    const object = deepFreeze({ ...last, metadata: { ...last.metadata, resourceVersion: this.#nextVersion() } });
    this.#tell({ type: 'DELETED', plural: key.plural, object, before });
    return object;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > HISTORY) {
      const dropped = this.#history.shift();
      this.#oldestVersion = Number(dropped?.object.metadata.resourceVersion);
    }
    for (const listener of this.#listeners) listener(event);
  }

  #generateName(plural: string, namespace: string, base: string): string {
    for (;;) {
      const name = base.slice(0, MAX_GENERATED_BASE) + nameSuffix();
      if (!this.find({ plural, namespace, name })) return name;
    }
  }

  #nextVersion(): string {
    this.#version++;
    return String(this.#version);
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

/** An empty map or list says the same as none: stored as none, so that it never looks like a change. */
const withoutEmpty = <T extends Partial<ObjectMeta>>(metadata: T): T =>
  Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => typeof value !== 'object' || Object.keys(value).length > 0),
  ) as T;
