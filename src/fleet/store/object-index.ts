import { deepFreeze } from '../resources/json.ts';
import { linksOf } from '../resources/links.ts';
import { keyText, type ObjectKey, type StoredObject } from '../resources/object.ts';

interface Entry {
  readonly plural: string;
  /** Grows from object to object, so that whatever finds several gives the oldest first. */
  readonly ordinal: number;
  object: StoredObject;
  links: readonly string[];
}

/** All objects in memory, found by name and by what they say of others. What it holds is frozen. */
export class ObjectIndex {
  readonly #byPlural = new Map<string, Map<string, Entry>>();
  readonly #byLink = new Map<string, Set<Entry>>();
  #newest = 0;

  find(key: ObjectKey): StoredObject | undefined {
    return this.#entry(key)?.object;
  }

  /** Oldest first. */
  list(plural: string): StoredObject[] {
    return Array.from(this.#byPlural.get(plural)?.values() ?? [], ({ object }) => object);
  }

  /** Those that say this of themselves (resources/links.ts), oldest first. */
  linked(link: string, plural?: string): StoredObject[] {
    const linked = this.#byLink.get(link);
    if (!linked) return [];
    const found = plural === undefined ? [...linked] : [...linked].filter((entry) => entry.plural === plural);
    return found.sort((a, b) => a.ordinal - b.ordinal).map(({ object }) => object);
  }

  /** All links that some object has. */
  links(): Iterable<string> {
    return this.#byLink.keys();
  }

  plurals(): Iterable<string> {
    return this.#byPlural.keys();
  }

  /** Adds it, or takes it in place of what has its name. */
  put(key: ObjectKey, object: StoredObject): void {
    deepFreeze(object);
    const links = linksOf(key.plural, object);
    const known = this.#entry(key);
    const entry = known ?? { plural: key.plural, ordinal: ++this.#newest, object, links: [] };
    for (const link of entry.links) if (!links.includes(link)) this.#unlink(link, entry);
    Object.assign(entry, { object, links });
    for (const link of links) this.#link(link, entry);
    if (!known) this.#ofPlural(key.plural).set(keyText(key), entry);
  }

  remove(key: ObjectKey): void {
    const entry = this.#entry(key);
    this.#byPlural.get(key.plural)?.delete(keyText(key));
    if (entry) for (const link of entry.links) this.#unlink(link, entry);
  }

  #entry(key: ObjectKey): Entry | undefined {
    return this.#byPlural.get(key.plural)?.get(keyText(key));
  }

  #ofPlural(plural: string): Map<string, Entry> {
    const entries = this.#byPlural.get(plural) ?? new Map<string, Entry>();
    this.#byPlural.set(plural, entries);
    return entries;
  }

  #link(link: string, entry: Entry): void {
    const linked = this.#byLink.get(link) ?? new Set<Entry>();
    this.#byLink.set(link, linked.add(entry));
  }

  #unlink(link: string, entry: Entry): void {
    const linked = this.#byLink.get(link);
    linked?.delete(entry);
    if (linked?.size === 0) this.#byLink.delete(link);
  }
}
