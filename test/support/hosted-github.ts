/**
 * A strict stand-in for github.com's side of a self-hosted runner: REST, token services, broker, run service, results and
 * blobs, each under a name of its own, behind TLS and reachable only through a proxy. What the protocol reference forbids
 * (1.2, 1.3, 3) is kept in `violations`.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newAuthority, type PrivateAuthority, TlsFront } from './private-tls.ts';
import { TestProxy } from './proxy.ts';
import { CLIENT_ID, RUNNER_TOKEN, StandInServer } from './stand-in-server.ts';

const ACTIONS = 'actions.githubusercontent.com';
const HOSTS = {
  api: 'api.github.com',
  tokens: `tokens.${ACTIONS}`,
  oldTokens: `vstoken.${ACTIONS}`,
  broker: `broker.${ACTIONS}`,
  otherBroker: `broker-2.${ACTIONS}`,
  run: `run.${ACTIONS}`,
  results: `results.${ACTIONS}`,
  feed: `feed.${ACTIONS}`,
  blobs: 'logs.blob.core.windows.net',
};
export const TOKEN = 'registration-token-of-an-hour';
export const PAT = 'ghp_personal';
const GROUPS = [
  { id: 3, name: 'Hosted', default: false, is_hosted: true },
  { id: 1, name: 'Default', default: true, is_hosted: false },
  { id: 9, name: 'Builders', default: false, is_hosted: false },
];

export class HostedGitHub {
  readonly standIn = new StandInServer({
    origins: {
      ...{ broker: `https://${HOSTS.broker}`, run: `https://${HOSTS.run}`, results: `https://${HOSTS.results}` },
      ...{ feed: `https://${HOSTS.feed}`, blobs: `https://${HOSTS.blobs}` },
    },
  });
  readonly violations: string[] = [];
  /** `METHOD host path` of what REST and the token services were asked. */
  readonly calls: string[] = [];
  /** The body of the last registration. */
  registration: Record<string, unknown> | undefined;
  /** What the registration was answered besides the new one: `legacy_authorization_url` comes with it. */
  hasTwoTokenServices = false;
  isNewTokenServiceDown = false;
  usesNewProtocol = true;
  readonly #authority: PrivateAuthority = newAuthority(Object.values(HOSTS));
  readonly #server: Server;
  #front: TlsFront | undefined;
  #proxy: TestProxy | undefined;
  #key: KeyObject | undefined;

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<HostedGitHub> {
    const github = new HostedGitHub();
    await github.standIn.start();
    await new Promise<void>((resolve) => github.#server.listen(0, '127.0.0.1', resolve));
    const { port } = github.#server.address() as AddressInfo;
    const own = [HOSTS.api, HOSTS.tokens, HOSTS.oldTokens];
    const front = await TlsFront.start(github.#authority, (host) =>
      own.includes(host) ? `http://127.0.0.1:${port}` : github.standIn.url,
    );
    github.#front = front;
    github.#proxy = await TestProxy.start('me:secret', () => front.port);
    return github;
  }

  /** By which a runner gets here. */
  get environment(): Record<string, string> {
    return { https_proxy: this.#proxy?.url ?? '', no_proxy: '', NODE_EXTRA_CA_CERTS: this.#authority.file };
  }

  /** Names that were spoken to since the start, without the scheme's port. */
  get hosts(): Set<string> {
    return new Set(this.#proxy?.tunnels.map((name) => name.replace(':443', '')));
  }

  get otherBroker(): string {
    return `https://${HOSTS.otherBroker}/broker/`;
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
    await this.#front?.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.standIn.stop();
    this.#authority.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { host = '', authorization } = request.headers;
    this.calls.push(`${request.method} ${host} ${request.url}`);
    if (!request.headers['user-agent']) this.violations.push(`${request.url} without User-Agent`);
    if (host !== HOSTS.api) return this.#token(host, request, response, text);
    if (text !== '' && request.headers['content-type'] !== 'application/json') this.violations.push('no JSON');
    const path = request.url ?? '';
    if (/runners\/(registration|remove)-token$/.test(path)) {
      const isRight = authorization === `Basic ${Buffer.from(`github:${PAT}`).toString('base64')}`;
      return json(response, isRight ? 201 : 401, isRight ? { token: TOKEN, expires_at: 'later' } : {});
    }
    if (authorization !== `RemoteAuth ${TOKEN}`) return json(response, 401, { message: 'Bad credentials' });
    this.#rest(`${request.method} ${path}`, response, text === '' ? {} : JSON.parse(text));
  }

  #rest(route: string, response: ServerResponse, body: Record<string, unknown>) {
    switch (route) {
      case 'POST /actions/runner-registration':
        if (body.url !== 'https://github.com/octo/app' || body.runner_event !== 'register') {
          this.violations.push(`runner-registration of ${JSON.stringify(body)}`);
        }
        return json(response, 200, {
          url: `https://pipelines.${ACTIONS}/abc/`,
          token_schema: 'OAuthAccessToken',
          token: 'a.b.c',
          use_v2_flow: this.usesNewProtocol,
        });
      case 'GET /repos/octo/app/actions/runner-groups':
        return json(response, 200, { total_count: GROUPS.length, runner_groups: GROUPS });
      case 'GET /repos/octo/app/actions/runners?name=box%201':
        return json(response, 200, { total_count: 0, runners: [] });
      case 'POST /actions/runners/register':
        return this.#register(response, body);
      case 'DELETE /repos/octo/app/actions/runners/7':
        response.writeHead(204).end();
        return;
      default:
        this.violations.push(`unknown call ${route}`);
        json(response, 404, { message: 'Not Found' });
    }
  }

  #register(response: ServerResponse, body: Record<string, unknown>) {
    this.registration = body;
    const [, n = ''] = /<Modulus>([^<]+)<\/Modulus>/.exec(String(body.public_key)) ?? [];
    const [, e = ''] = /<Exponent>([^<]+)<\/Exponent>/.exec(String(body.public_key)) ?? [];
    const url = (base64: string): string => Buffer.from(base64, 'base64').toString('base64url');
    this.#key = createPublicKey({ key: { kty: 'RSA', n: url(n), e: url(e) }, format: 'jwk' });
    const authorization_url = this.#tokenUrl(HOSTS.tokens);
    json(response, 200, {
      id: 7,
      name: body.name,
      authorization: {
        authorization_url,
        ...(this.hasTwoTokenServices ? { legacy_authorization_url: this.#tokenUrl(HOSTS.oldTokens) } : {}),
        server_url: `${this.standIn.origin('broker')}/broker`,
        client_id: CLIENT_ID,
      },
    });
  }

  #token(host: string, request: IncomingMessage, response: ServerResponse, text: string) {
    if (host === HOSTS.tokens && this.isNewTokenServiceDown) return json(response, 503, {});
    const assertion = new URLSearchParams(text).get('client_assertion') ?? '';
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const isSigned =
      this.#key !== undefined &&
      verify(
        'sha256',
        Buffer.from(`${header}.${claims}`),
        { key: this.#key, padding: 6, saltLength: 32 },
        Buffer.from(signature, 'base64url'),
      );
    const { iss, sub, aud } = read(claims);
    const isRight = isSigned && iss === CLIENT_ID && sub === CLIENT_ID && aud === `https://${host}${request.url}`;
    if (!isRight) this.violations.push(`the assertion for ${host} is wrong`);
    if (!isRight) return json(response, 400, { error: 'invalid_grant' });
    json(response, 200, { access_token: RUNNER_TOKEN, token_type: 'bearer', expires_in: 3_600 });
  }

  #tokenUrl(host: string): string {
    return `https://${host}/oauth2/token`;
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
