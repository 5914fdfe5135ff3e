import {
  type AccessLevel,
  type Act,
  type ActList,
  type App,
  type AppList,
  DASHBOARD_PREFIX,
  type NewToken,
  type RepositoryList,
  type TokenList,
  type TokenRequest,
  type User,
  type UserList,
} from '../../protocol/dashboard/index.ts';
import type { Input } from '../command.ts';
import { findEndpoint } from './endpoints.ts';
import { HttpClient } from './http.ts';

const path = (...words: (string | number)[]): string =>
  [DASHBOARD_PREFIX, ...words.map((word) => encodeURIComponent(word))].join('/');

/** What the commands for administrators ask of a server: people, tokens, Apps, and who did what. */
export class AdminClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  static async of(input: Input): Promise<AdminClient> {
    return new AdminClient(new HttpClient(await findEndpoint('server', input)));
  }

  users(): Promise<UserList> {
    return this.#http.json(path('users'));
  }

  addUser(login: string): Promise<User> {
    return this.#http.json(path('users'), { method: 'POST', body: { login } });
  }

  suspendUser(login: string, suspended: boolean): Promise<User> {
    return this.#http.json(path('users', login), { method: 'PATCH', body: { suspended } });
  }

  async removeUser(login: string): Promise<void> {
    await this.#http.send(path('users', login), { method: 'DELETE' });
  }

  grant(login: string, place: string, access: AccessLevel): Promise<User> {
    return this.#http.json(path('users', login, 'grants'), { method: 'PUT', body: { place, access } });
  }

  async revokeGrant(login: string, place: string): Promise<void> {
    await this.#http.send(path('users', login, 'grants', place), { method: 'DELETE' });
  }

  tokens(user?: string): Promise<TokenList> {
    return this.#http.json(user === undefined ? path('tokens') : `${path('tokens')}?user=${encodeURIComponent(user)}`);
  }

  createToken(request: TokenRequest): Promise<NewToken> {
    return this.#http.json(path('tokens'), { method: 'POST', body: request });
  }

  async revokeToken(id: number): Promise<void> {
    await this.#http.send(path('tokens', id), { method: 'DELETE' });
  }

  repositories(): Promise<RepositoryList> {
    return this.#http.json(path('repositories'));
  }

  async createRepository(owner: string, name: string): Promise<void> {
    await this.#http.send(`/api/v3/orgs/${encodeURIComponent(owner)}/repos`, { method: 'POST', body: { name } });
  }

  async deleteRepository(owner: string, name: string): Promise<void> {
    await this.#http.send(`/api/v3/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`, {
      method: 'DELETE',
    });
  }

  apps(): Promise<AppList> {
    return this.#http.json(path('apps'));
  }

  createApp(slug: string, name: string | undefined, permissions: Record<string, string>): Promise<App> {
    return this.#http.json(path('apps'), { method: 'POST', body: { slug, name, permissions } });
  }

  addAppKey(slug: string, publicKey: string): Promise<App> {
    return this.#http.json(path('apps', slug, 'keys'), { method: 'POST', body: { publicKey } });
  }

  installApp(slug: string, account: string, repositories: string[] | null): Promise<App> {
    return this.#http.json(path('apps', slug, 'installations', account), { method: 'PUT', body: { repositories } });
  }

  async uninstallApp(slug: string, account: string): Promise<void> {
    await this.#http.send(path('apps', slug, 'installations', account), { method: 'DELETE' });
  }

  async removeApp(slug: string): Promise<void> {
    await this.#http.send(path('apps', slug), { method: 'DELETE' });
  }

  async acts(query: Record<string, string>): Promise<Act[]> {
    return (await this.#http.json<ActList>(`${path('audit')}?${new URLSearchParams(query)}`)).acts;
  }
}
