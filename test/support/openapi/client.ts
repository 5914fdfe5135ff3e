import type { TestServer } from '../server.ts';
import { call } from '../simulated-runner.ts';

// biome-ignore lint/suspicious/noExplicitAny: what is in an answer is checked against GitHub's description, not by types
export type Body = any;

/** Calls REST, with the administrator's token unless another is given. Every answer is checked by `watch-servers.ts`. */
export class RestClient {
  readonly server: TestServer;
  readonly #token: string;

  constructor(server: TestServer, token = server.token) {
    this.server = server;
    this.#token = token;
  }

  as(token: string): RestClient {
    return new RestClient(this.server, token);
  }

  get = (path: string): Promise<Body> => this.#call('GET', path);
  post = (path: string, json?: unknown): Promise<Body> => this.#call('POST', path, json);
  put = (path: string, json?: unknown): Promise<Body> => this.#call('PUT', path, json);
  patch = (path: string, json?: unknown): Promise<Body> => this.#call('PATCH', path, json);
  delete = (path: string, json?: unknown): Promise<Body> => this.#call('DELETE', path, json);

  async #call(method: string, path: string, json?: unknown): Promise<Body> {
    const { status, body } = await call(method, `${this.server.url}/api/v3${path}`, { token: this.#token, json });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}

/** A repository of its own with these files on `main`. @returns its path in REST */
export async function repositoryWith(api: RestClient, name: string, files: Record<string, string>): Promise<string> {
  await api.server.push(files, { repository: `me/${name}` });
  return `/repos/me/${name}`;
}
