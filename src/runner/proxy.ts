/**
 * Proxies, by the rules of GitHub's runner: `http_proxy`, `https_proxy` and `no_proxy` in either case, small letters
 * first; loopback is always reached directly (runner-protocol 0.2).
 */
import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { OutsideError } from '../common/errors.ts';
import { type ProxyVariables, proxyVariables } from '../common/settings.ts';
import { tlsOptions } from './certificates.ts';

const CONNECT_MS = 30_000;
const LOOPBACK = /^(localhost|loopback|127(\.\d+){3}|\[::1\])$/;
const IPV4 = /^\d+(\.\d+){3}$/;

/** The proxy for requests to `target`; undefined for a direct connection. WebSockets go the way of their scheme. */
export function proxyFor(target: URL, variables: ProxyVariables = proxyVariables()): URL | undefined {
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:';
  const text = (isSecure ? variables.https : variables.http)?.trim();
  if (!text || LOOPBACK.test(target.hostname) || isBypassed(target, isSecure, variables.no)) return undefined;
  return proxyUrl(text);
}

/** The scheme may be left out. */
function proxyUrl(text: string): URL | undefined {
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** The proxies that there are, whoever they are for. */
export function knownProxies({ http, https }: ProxyVariables = proxyVariables()): { http?: URL; https?: URL } {
  return { ...(http ? { http: proxyUrl(http.trim()) } : {}), ...(https ? { https: proxyUrl(https.trim()) } : {}) };
}

/** An entry is `*`, a host or a domain with all below it, or `.domain` for those below alone, each with or without port. */
function isBypassed({ hostname, port }: URL, isSecure: boolean, list = ''): boolean {
  const host = hostname.toLowerCase();
  const ownPort = port || (isSecure ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      const [name = '', wishedPort] = entry.split(':', 2);
      // As GitHub's runner: an address is never compared.
      if (name === '' || IPV4.test(name)) return false;
      if (name === '*') return true;
      if (wishedPort !== undefined && wishedPort !== ownPort) return false;
      return host === name || host.endsWith(name.startsWith('.') ? name : `.${name}`);
    });
}

/** The header that the credentials of a proxy's URL become. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** For people: without its password. */
export function shownProxy(proxy: URL): string {
  const shown = new URL(proxy);
  if (shown.password !== '') shown.password = '***';
  return shown.href.replace(/\/$/, '');
}

/**
 * A connection to `host:port` through the proxy (CONNECT).
 * @throws OutsideError, retryable
 */
export function openTunnel(proxy: URL, host: string, port: number): Promise<Socket> {
  const isSecure = proxy.protocol === 'https:';
  const { request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const failed = (why: string): OutsideError =>
    new OutsideError(`The proxy ${shownProxy(proxy)} gives no way to ${authority}: ${why}`, { retryable: true });
  return new Promise((resolve, reject) => {
    const connect = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (isSecure ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { Host: authority, ...proxyHeaders(proxy) },
      agent: false,
      timeout: CONNECT_MS,
    });
    connect.once('connect', (response, socket: Duplex) => {
      if (response.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      reject(failed(`it answered ${response.statusCode}`));
    });
    connect.once('response', (response) => {
      response.resume();
      reject(failed(`it answered ${response.statusCode}`));
    });
    connect.once('timeout', () => connect.destroy(new Error('no answer in time')));
    connect.once('error', (error) => reject(failed(error.message)));
    connect.end();
  });
}

/** An agent whose connections lead through the proxy; with TLS inside for `isSecure`. */
export function tunnelAgent(proxy: URL, isSecure: boolean): Agent {
  const { Agent } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  const createConnection = (
    options: { host: string; port: number; servername?: string },
    done: (error: Error | null, socket?: Socket) => void,
  ): void => {
    const connected = (socket: Socket): Socket =>
      isSecure ? process.getBuiltinModule('node:tls').connect({ ...options, socket }) : socket;
    openTunnel(proxy, options.host, options.port)
      .then(connected)
      .then((socket) => done(null, socket), done);
  };
  return Object.assign(new Agent({ keepAlive: true, ...(isSecure ? tlsOptions() : {}) }), { createConnection });
}
