import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { sha256Hex } from '../../common/ids.ts';
import { GitHubClient, installationTokens } from '../../github/index.ts';
import { sortedJson } from '../resources/replicated-spec.ts';
import { type Secret, secretTexts } from '../resources/secret.ts';
import { type ClientFor, type CredentialsNeed, ownServerOnly } from '../scale-sets/connections.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { RegistrationPlace } from './place.ts';
import { credentialsIn, type SecretCredentials } from './secret-credentials.ts';

interface Known {
  /** Of the Secret's content: when it changes, everything made from it is made anew. */
  hash: string;
  credentials: SecretCredentials;
  /** By the server's address. */
  clients: Map<string, GitHubClient>;
}

/**
 * Clients for resources that bring credentials of their own (AUTH-2): one for each Secret and server, shared by all that
 * name it, so that an App's tokens are shared too. One controller serves several organizations in this way.
 */
export class CredentialPool {
  readonly #store: ResourceStore;
  readonly #own: GitHubClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  /** @param own the fleet's own client, for what names no Secret */
  constructor(store: ResourceStore, own: GitHubClient, clock: Clock) {
    this.#store = store;
    this.#own = own;
    this.#clock = clock;
  }

  /** @throws UserError `no-credentials`, `bad-credentials`, `app-at-enterprise` */
  githubFor({ scope, namespace, secretName, serverUrl }: RegistrationPlace): GitHubClient {
    if (serverUrl !== undefined) return this.#clientAt({ namespace, configUrl: serverUrl, secretName });
    if (secretName === undefined) return this.#own;
    const known = this.#look(namespace, secretName);
    if (scope.kind === 'enterprise' && known.credentials.app) {
      const problem = `The Secret ${secretName} holds a GitHub App, and Apps cannot register runners of an enterprise.`;
      throw new UserError('app-at-enterprise', problem, {
        hint: 'Give it a github_token with manage_runners:enterprise (AUTH-4), or register at an organization.',
      });
    }
    return this.#client(known, known.credentials.url ?? this.#own.serverUrl);
  }

  /** For the server of a `githubConfigUrl`. */
  readonly clientFor: ClientFor = async (need) => this.#clientAt(need);

  #clientAt({ namespace, configUrl, secretName }: CredentialsNeed): GitHubClient {
    if (secretName === undefined) return ownServerOnly(this.#own, configUrl);
    return this.#client(this.#look(namespace, secretName), new URL(configUrl).origin);
  }

  #look(namespace: string, name: string): Known {
    const key = `${namespace}/${name}`;
    const secret = this.#store.find({ plural: 'secrets', namespace, name }) as Secret | undefined;
    if (!secret) {
      this.#known.delete(key);
      throw new UserError('no-credentials', `There is no Secret ${name} in the namespace ${namespace}.`, {
        hint: `Make it, for example by kubectl -n ${namespace} create secret generic ${name} --from-file=github_token=FILE.`,
      });
    }
    const hash = sha256Hex(sortedJson(secret.data ?? {}));
    const known = this.#known.get(key);
    if (known?.hash === hash) return known;
    const fresh: Known = { hash, credentials: credentialsIn(name, secretTexts(secret)), clients: new Map() };
    this.#known.set(key, fresh);
    return fresh;
  }

  #client({ credentials: { token, app }, clients }: Known, url: string): GitHubClient {
    const known = clients.get(url);
    if (known) return known;
    const clock = this.#clock;
    const client = new GitHubClient({ url, token: app ? installationTokens(url, app, clock) : (token ?? ''), clock });
    clients.set(url, client);
    return client;
  }
}
