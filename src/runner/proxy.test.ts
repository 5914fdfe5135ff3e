import { describe, expect, it } from 'vitest';
import { proxyFor, proxyHeaders, shownProxy } from './proxy.ts';

const variables = { http: 'http://plain:3128', https: 'http://user:p%40ss@secure:3128', no: undefined };
const hostFor = (target: string, more: object = {}): string | undefined =>
  proxyFor(new URL(target), { ...variables, ...more })?.hostname;

describe('the proxy for a request', () => {
  it('is chosen by the scheme of the target, WebSockets included', () => {
    expect(hostFor('http://ghes.example/x')).toBe('plain');
    expect(hostFor('ws://ghes.example/x')).toBe('plain');
    expect(hostFor('https://ghes.example/x')).toBe('secure');
    expect(hostFor('wss://ghes.example/x')).toBe('secure');
    expect(hostFor('https://ghes.example/x', { https: undefined })).toBeUndefined();
  });

  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('is none for %s', (host) => {
    expect(hostFor(`http://${host}:8484/`)).toBeUndefined();
  });

  it('may be named without its scheme, and is none where it cannot be read', () => {
    expect(hostFor('http://ghes.example/', { http: ' proxy.example:8080 ' })).toBe('proxy.example');
    expect(hostFor('http://ghes.example/', { http: 'http://' })).toBeUndefined();
    expect(hostFor('http://ghes.example/', { http: '' })).toBeUndefined();
  });

  it.each([
    ['example', true],
    ['ghes.example', true],
    ['GHES.Example', true],
    ['.example', true],
    ['.ghes.example', false],
    ['hes.example', false],
    ['other, ghes.example', true],
    ['*', true],
    ['ghes.example:443', true],
    ['ghes.example:8443', false],
    ['', false],
  ])('is left out for ghes.example where no_proxy is "%s": %s', (no, isDirect) => {
    expect(hostFor('https://ghes.example/x', { no }) === undefined).toBe(isDirect);
  });

  it('compares no addresses in no_proxy, as GitHub’s runner', () => {
    expect(hostFor('https://10.0.0.1/x', { no: '10.0.0.1' })).toBe('secure');
  });

  it('gets its credentials in a header, decoded, and is shown without the password', () => {
    const proxy = new URL(variables.https);
    expect(proxyHeaders(proxy)).toEqual({
      'Proxy-Authorization': `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    });
    expect(proxyHeaders(new URL(variables.http))).toEqual({});
    expect(shownProxy(proxy)).toBe('http://user:***@secure:3128');
  });
});
