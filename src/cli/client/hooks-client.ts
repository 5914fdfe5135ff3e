import type { HookDelivery, HookDeliveryDetail } from '../../protocol/dashboard/index.ts';
import { type Input, UsageError } from '../command.ts';
import { findEndpoint } from './endpoints.ts';
import { HttpClient } from './http.ts';

/** GitHub's `hook`, as far as it is shown. */
export interface HookFacts {
  id: number;
  active: boolean;
  events: string[];
  config: { url: string; content_type: 'json' | 'form'; insecure_ssl: '0' | '1'; secret?: string };
}

export interface NewHook {
  config: { url: string; content_type: 'json' | 'form'; insecure_ssl: '0' | '1'; secret: string | undefined };
  events: string[];
}

/** The hooks of one place, by REST. */
export class HooksClient {
  readonly #http: HttpClient;
  /** Of the hooks of the place. */
  readonly #path: string;

  constructor(http: HttpClient, place: string | undefined) {
    this.#http = http;
    this.#path = pathOf(place);
  }

  /**
   * @param place `owner/name` or `owner`; undefined: the whole server
   * @throws UsageError for what is no place
   */
  static async of(place: string | undefined, input: Input): Promise<HooksClient> {
    pathOf(place);
    return new HooksClient(new HttpClient(await findEndpoint('server', input)), place);
  }

  list(): Promise<HookFacts[]> {
    return this.#http.json(`${this.#path}?per_page=100`);
  }

  add(hook: NewHook): Promise<HookFacts> {
    return this.#http.json(this.#path, { method: 'POST', body: { name: 'web', ...hook } });
  }

  async remove(id: number): Promise<void> {
    await this.#http.send(`${this.#path}/${id}`, { method: 'DELETE' });
  }

  async ping(id: number): Promise<void> {
    await this.#http.send(`${this.#path}/${id}/pings`, { method: 'POST' });
  }

  /** Newest first. @param limit at most 100 */
  deliveries(id: number, limit: number): Promise<HookDelivery[]> {
    return this.#http.json(`${this.#path}/${id}/deliveries?per_page=${limit}`);
  }

  delivery(id: number, delivery: number): Promise<HookDeliveryDetail> {
    return this.#http.json(`${this.#path}/${id}/deliveries/${delivery}`);
  }

  async redeliver(id: number, delivery: number): Promise<void> {
    await this.#http.send(`${this.#path}/${id}/deliveries/${delivery}/attempts`, { method: 'POST' });
  }
}

function pathOf(place: string | undefined): string {
  if (place === undefined) return '/api/v3/admin/hooks';
  const [owner = '', name, ...rest] = place.split('/').map(encodeURIComponent);
  if (owner === '' || name === '' || rest.length > 0) {
    throw new UsageError(`"${place}" is neither OWNER/NAME nor OWNER.`);
  }
  return name === undefined ? `/api/v3/orgs/${owner}/hooks` : `/api/v3/repos/${owner}/${name}/hooks`;
}
