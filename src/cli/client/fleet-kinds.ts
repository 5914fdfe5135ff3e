/** The kinds of a fleet, as its own discovery tells them, and the words by which a person may name them. */
import { UserError } from '../../common/errors.ts';
import { UsageError } from '../command.ts';
import type { HttpClient } from './http.ts';
import type { Manifest } from './manifests.ts';

export interface Kind {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  isNamespaced: boolean;
  /** Path of its group and version, such as `/apis/actions.summerwind.dev/v1alpha1`. */
  base: string;
}

/** What completion offers; each fleet says itself what it serves. */
export const KIND_WORDS = [
  'rdeploy',
  'rrs',
  'runners',
  'runnersets',
  'hra',
  'autoscalingrunnersets',
  'ephemeralrunnersets',
  'ephemeralrunners',
  'secrets',
  'events',
] as const;

/** meta.k8s.io/v1 APIResource, as far as it is used here. */
interface ApiResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  shortNames?: string[];
}

export class FleetKinds {
  readonly #kinds: Kind[];

  constructor(kinds: Kind[]) {
    this.#kinds = kinds;
  }

  /** Asks a fleet what it serves. */
  static async discover(http: HttpClient, signal?: AbortSignal): Promise<FleetKinds> {
    const { groups } = await http.json<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis', {
      signal,
    });
    const bases = [...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`), '/api/v1'];
    const lists = await Promise.all(
      bases.map(async (base) => {
        const { resources } = await http.json<{ resources: ApiResource[] }>(base, { signal });
        return resources.filter(({ name }) => !name.includes('/')).map((resource) => kindFrom(base, resource));
      }),
    );
    return new FleetKinds(lists.flat());
  }

  /** By plural, singular or short name. @throws UsageError */
  named(word: string): Kind {
    const name = word.toLowerCase();
    const found = this.#kinds.find(
      ({ plural, singular, shortNames }) => plural === name || singular === name || shortNames.includes(name),
    );
    if (found) return found;
    const known = this.#kinds.map(({ plural, shortNames: [short] }) => (short ? `${plural} (${short})` : plural));
    throw new UsageError(`There is no kind "${word}"; there are ${known.join(', ')}.`);
  }

  /** Several by commas, each once, such as `hra,rdeploy`. @throws UsageError */
  allNamed(words: string): Kind[] {
    return [...new Set(words.split(',').map((word) => this.named(word.trim())))];
  }

  /**
   * The kind of a resource in a file, spelled as the API spells it.
   * @throws UserError naming file and line
   */
  ofManifest({ resource, placeOf }: Manifest): Kind {
    const found = this.#kinds.find(({ kind }) => kind === resource.kind);
    if (found) return found;
    const known = this.#kinds.map(({ kind }) => kind).join(', ');
    throw new UserError(
      'unknown-kind',
      `${placeOf('kind')}: the kind ${resource.kind} is not known here; there are ${known}.`,
    );
  }
}

const kindFrom = (base: string, { name, singularName, namespaced, kind, shortNames = [] }: ApiResource): Kind => ({
  kind,
  plural: name,
  singular: singularName || kind.toLowerCase(),
  shortNames,
  isNamespaced: namespaced,
  base,
});
