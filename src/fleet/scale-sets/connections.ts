import type { Clock } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import type { GitHubClient } from '../../github/index.ts';
import { ScaleSetConnection } from '../../github/scale-sets/index.ts';
import type { ConnectionSpec } from '../resources/scale-set-spec.ts';

export interface CredentialsNeed {
  /** Of the resource that needs them; its Secrets lie there too. */
  namespace: string;
  configUrl: string;
  secretName?: string;
}

/** A client of the server that a `githubConfigUrl` names, with the credentials of a Secret. @throws UserError */
export type ClientFor = (need: CredentialsNeed) => Promise<GitHubClient>;

/** The fleet's own client, for its own server alone: a token is shown to no other. @throws UserError `no-credentials` */
export function ownServerOnly(github: GitHubClient, configUrl: string): GitHubClient {
  if (new URL(configUrl).origin === new URL(github.serverUrl).origin) return github;
  throw new UserError('no-credentials', `The fleet has no credentials for ${new URL(configUrl).origin}.`, {
    hint: 'Name a Secret with github_token in githubConfigSecret.',
  });
}

/** One connection for each place and Secret, shared by everything that talks to it, so that tokens are shared as well. */
export class ScaleSetConnections {
  readonly #clientFor: ClientFor;
  readonly #clock: Clock;
  readonly #known = new Map<string, { client: GitHubClient; connection: ScaleSetConnection }>();

  constructor(clientFor: ClientFor, clock: Clock) {
    this.#clientFor = clientFor;
    this.#clock = clock;
  }

  /** @throws UserError `no-credentials`, `bad-config-url` */
  async get(namespace: string, spec: ConnectionSpec): Promise<ScaleSetConnection> {
    const { githubConfigUrl: configUrl, githubConfigSecret: secretName } = spec;
    const client = await this.#clientFor({ namespace, configUrl, secretName });
    const key = JSON.stringify([namespace, configUrl, secretName]);
    const known = this.#known.get(key);
    // Another client: the Secret has changed.
    if (known?.client === client) return known.connection;
    const connection = new ScaleSetConnection({ client, configUrl, clock: this.#clock });
    this.#known.set(key, { client, connection });
    return connection;
  }
}
