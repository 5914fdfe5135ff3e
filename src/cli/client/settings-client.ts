import { DASHBOARD_PREFIX } from '../../protocol/dashboard/index.ts';
import { type Input, type Option, UsageError } from '../command.ts';
import { findEndpoint } from './endpoints.ts';
import { HttpClient } from './http.ts';

export const ownerOptions: Option[] = [
  { flags: '-R, --repository <owner/name>', what: 'of this repository' },
  { flags: '--env <name>', what: 'of this environment of the repository' },
  { flags: '--org <owner>', what: 'of all repositories of this owner' },
];

export type SettingKind = 'secrets' | 'variables';

export interface SettingFacts {
  name: string;
  updated_at: string;
  /** Of variables. */
  value?: string;
}

/** Secrets or variables of one owner: by REST, and secrets as plain text by our own API. */
export class SettingsClient {
  readonly #http: HttpClient;
  readonly #kind: SettingKind;
  /** Of the owner, in both APIs. */
  readonly #path: string;
  /** GitHub has `actions` in the paths of all but environments. */
  readonly #actions: string;

  constructor(http: HttpClient, kind: SettingKind, input: Input) {
    const { path, isEnvironment } = ownerOf(input);
    this.#http = http;
    this.#kind = kind;
    this.#path = path;
    this.#actions = isEnvironment ? '' : '/actions';
  }

  /** @throws UsageError unless the options name one owner */
  static async of(kind: SettingKind, input: Input): Promise<SettingsClient> {
    ownerOf(input);
    return new SettingsClient(new HttpClient(await findEndpoint('server', input)), kind, input);
  }

  async list(): Promise<SettingFacts[]> {
    const all: SettingFacts[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.#http.json<Record<string, SettingFacts[]>>(`${this.#rest}?per_page=100&page=${page}`);
      const found = answer[this.#kind] ?? [];
      all.push(...found);
      if (found.length < 100) return all;
    }
  }

  set(name: string, value: string): Promise<void> {
    return this.#kind === 'secrets' ? this.#setSecret(name, value) : this.#setVariable(name, value);
  }

  async remove(name: string): Promise<void> {
    await this.#http.send(`${this.#rest}/${encodeURIComponent(name)}`, { method: 'DELETE' });
  }

  async #setSecret(name: string, value: string): Promise<void> {
    const path = `${DASHBOARD_PREFIX}${this.#path}/secrets/${encodeURIComponent(name)}`;
    await this.#http.send(path, { method: 'PUT', body: { value } });
  }

  async #setVariable(name: string, value: string): Promise<void> {
    const isThere = (await this.list()).some((one) => one.name === name.toUpperCase());
    const visibility = this.#path.startsWith('/orgs') && !isThere ? { visibility: 'all' } : {};
    const body = { name, value, ...visibility };
    if (isThere) await this.#http.send(`${this.#rest}/${encodeURIComponent(name)}`, { method: 'PATCH', body });
    else await this.#http.send(this.#rest, { method: 'POST', body });
  }

  get #rest(): string {
    return `/api/v3${this.#path}${this.#actions}/${this.#kind}`;
  }
}

function ownerOf(input: Input): { path: string; isEnvironment: boolean } {
  const [repository, environment, org] = [input.text('repository'), input.text('env'), input.text('org')];
  if ((repository === undefined) === (org === undefined)) {
    throw new UsageError('Say whose: -R OWNER/NAME, with --env NAME for an environment of it, or --org OWNER.');
  }
  if (org !== undefined) {
    if (environment !== undefined) throw new UsageError('--env goes with -R.');
    return { path: `/orgs/${encodeURIComponent(org)}`, isEnvironment: false };
  }
  const path = `/repos/${(repository ?? '').split('/').map(encodeURIComponent).join('/')}`;
  if (environment === undefined) return { path, isEnvironment: false };
  return { path: `${path}/environments/${encodeURIComponent(environment)}`, isEnvironment: true };
}
