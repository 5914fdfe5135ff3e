/** The calls by which a runner registers itself at a GitHub. Source: runner-protocol 1.2, 1.3. */
import { OutsideError, UserError } from '../../../common/errors.ts';
import { scopePath } from '../../../protocol/github/runner-scope.ts';
import { apiUrl, scopeOfUrl } from '../../../protocol/github/urls.ts';
import { badAnswer, type HttpClient, type HttpResponse, isSuccess, jsonBody } from '../../http.ts';
import { persist } from '../../retries.ts';
import { usage } from './options.ts';

/** GitHub's runner tries three times, up to 5 s apart. */
const PATIENCE_MS = 10_000;

export interface RunnerGroup {
  id: number;
  name: string;
  isDefault: boolean;
}

export interface NewRunner {
  name: string;
  groupId: number;
  version: string;
  isEphemeral: boolean;
  systemLabels: string[];
  userLabels: string[];
  publicKeyXml: string;
  /** Id of the runner whose place it takes. */
  replaces: number | undefined;
}

export interface Registered {
  id: number;
  clientId: string;
  authorizationUrl: string;
  /** The service that `authorizationUrl` is to replace: asked when that one fails. */
  legacyAuthorizationUrl: string | undefined;
  /** Broker base URL, as given. */
  serverUrl: string;
}

export class RegistrationClient {
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #api: string;
  /** REST of the repository, organization or enterprise. */
  readonly #entity: string;

  /**
   * @param url what people know the repository, organization or enterprise by; its port counts
   * @throws UserError `usage` for one that is none
   */
  constructor(http: HttpClient, url: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw usage(`--url is "${url}", which is not an http or https URL.`);
    }
    const scope = scopeOfUrl(url);
    if (!scope) throw usage(`--url is "${url}", which names no repository, organization or enterprise.`);
    this.#http = http;
    this.#url = url;
    this.#api = apiUrl(url);
    this.#entity = `${this.#api}${scopePath(scope)}/actions`;
  }

  /** A registration or remove token, for a personal access token. @throws UserError, OutsideError */
  async tokenFor(pat: string, kind: 'registration' | 'remove'): Promise<string> {
    const authorization = `Basic ${Buffer.from(`github:${pat}`).toString('base64')}`;
    const answer = await this.#call('POST', `${this.#entity}/runners/${kind}-token`, authorization, '--pat');
    return textOf(answer, 'token');
  }

  /**
   * Shows the token to the server.
   * @returns the address of its Actions service
   * @throws UserError `token-refused`, or `older-protocol` for a server that has V1 only; OutsideError
   */
  async introduce(token: string): Promise<string> {
    const body = { url: this.#url, runner_event: 'register' };
    const answer = await this.#remote('POST', `${this.#api}/actions/runner-registration`, token, body);
    if (answer.use_v2_flow === true) return textOf(answer, 'url');
    const { host } = new URL(this.#url);
    throw new UserError(
      'older-protocol',
      `${host} offers only the older runner protocol (V1), which Switchyard's runner does not speak.`,
      { hint: "Use GitHub's own runner there, or a newer version of GitHub Enterprise Server." },
    );
  }

  /** Groups that a self-hosted runner can belong to. */
  async groups(token: string): Promise<RunnerGroup[]> {
    const { runner_groups: groups } = await this.#remote('GET', `${this.#entity}/runner-groups`, token);
    return objects(groups)
      .filter(({ is_hosted }) => is_hosted !== true)
      .map(({ id, name, default: isDefault }) => ({
        id: Number(id),
        name: String(name),
        isDefault: isDefault === true,
      }));
  }

  /** The runner of this name. */
  async findRunner(token: string, name: string): Promise<{ id: number; isOffline: boolean } | undefined> {
    const path = `${this.#entity}/runners?name=${encodeURIComponent(name)}`;
    const [found] = objects((await this.#remote('GET', path, token)).runners);
    return found && { id: Number(found.id), isOffline: found.status === 'offline' };
  }

  async register(token: string, runner: NewRunner): Promise<Registered> {
    const label = (type: string) => (name: string) => ({ id: 0, name, type });
    const answer = await this.#remote('POST', `${this.#api}/actions/runners/register`, token, {
      url: this.#url,
      group_id: runner.groupId,
      name: runner.name,
      version: runner.version,
      updates_disabled: true,
      ephemeral: runner.isEphemeral,
      labels: [...runner.systemLabels.map(label('system')), ...runner.userLabels.map(label('user'))],
      public_key: runner.publicKeyXml,
      ...(runner.replaces === undefined ? {} : { runner_id: runner.replaces, replace: true }),
    });
    const authorization = (answer.authorization ?? {}) as Record<string, unknown>;
    const { legacy_authorization_url: legacy } = authorization;
    return {
      id: Number(answer.id),
      clientId: textOf(authorization, 'client_id'),
      authorizationUrl: textOf(authorization, 'authorization_url'),
      legacyAuthorizationUrl: typeof legacy === 'string' && legacy !== '' ? legacy : undefined,
      serverUrl: textOf(authorization, 'server_url'),
    };
  }

  /** @returns false when the server does not know the runner any more */
  async remove(token: string, id: string): Promise<boolean> {
    const url = `${this.#entity}/runners/${encodeURIComponent(id)}`;
    const response = await this.#send('DELETE', url, `RemoteAuth ${token}`);
    if (response.status === 404) return false;
    this.#check(response, url, '--token');
    return true;
  }

  #remote(method: string, url: string, token: string, body?: object): Promise<Record<string, unknown>> {
    return this.#call(method, url, `RemoteAuth ${token}`, '--token', body);
  }

  async #call(method: string, url: string, authorization: string, option: string, body?: object) {
    const response = await this.#send(method, url, authorization, body);
    this.#check(response, url, option);
    const answer = jsonBody(response);
    if (answer !== null && typeof answer === 'object') return answer as Record<string, unknown>;
    throw new OutsideError(`${method} ${url} was answered without JSON`, { retryable: false });
  }

  /** Repeated while the server is away for a moment. */
  #send(method: string, url: string, authorization: string, body?: object): Promise<HttpResponse> {
    const headers = {
      Authorization: authorization,
      Accept: 'application/vnd.github.v3+json',
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    };
    return persist(async () => {
      const response = await this.#http.request(method, url, { headers, body: body && JSON.stringify(body) });
      if (response.status < 500 && response.status !== 429) return response;
      throw badAnswer(`${method} ${url}`, response);
    }, PATIENCE_MS);
  }

  #check(response: HttpResponse, url: string, option: string): void {
    if (isSuccess(response)) return;
    const { status } = response;
    const { message } = (jsonBody(response) ?? {}) as { message?: string };
    const said = message ? `: ${message.replace(/\.$/, '')}` : '';
    if (status !== 401 && status !== 403 && status !== 404) {
      throw new OutsideError(`${url} answered ${status}${said}.`, { retryable: false, status });
    }
    throw new UserError('token-refused', `${url} answered ${status}${said}.`, {
      hint: `Check --url and ${option}: the token must be for this place, and one of a runner is valid for an hour.`,
    });
  }
}

const objects = (list: unknown): Record<string, unknown>[] =>
  Array.isArray(list)
    ? list.filter((one): one is Record<string, unknown> => one !== null && typeof one === 'object')
    : [];

function textOf(answer: Record<string, unknown>, field: string): string {
  const { [field]: value } = answer;
  if (typeof value === 'string' && value !== '') return value;
  throw new OutsideError(`The server answered without ${field}.`, { retryable: false });
}
