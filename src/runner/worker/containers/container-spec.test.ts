import { describe, expect, it } from 'vitest';
import type { Json, TemplateToken } from '../../../protocol/runner/tokens.ts';
import type { Scope } from '../../../workflow/expressions/index.ts';
import { readJobContainer, readServices } from './container-spec.ts';

const scope: Scope = {
  contexts: {
    github: { actor: 'me' },
    needs: {},
    strategy: {},
    matrix: { version: 15 },
    vars: {},
    inputs: {},
    env: { LEVEL: 'high' },
    secrets: { PASSWORD: 'hunter2' },
    job: {},
    runner: { os: 'Linux' },
  },
};

const expression = (expr: string): TemplateToken => ({ type: 3, expr });
const map = (members: Record<string, TemplateToken>): TemplateToken => ({
  type: 2,
  map: Object.entries(members).map(([Key, Value]) => ({ Key, Value })),
});
const seq = (...items: TemplateToken[]): TemplateToken => ({ type: 1, seq: items });
const json = (value: Json): TemplateToken => expression(`fromJSON('${JSON.stringify(value)}')`);

describe('readJobContainer', () => {
  it('SEM-14.1: takes an image alone, without docker://', () => {
    expect(readJobContainer('docker://node:20', scope)).toEqual({
      image: 'node:20',
      credentials: undefined,
      env: {},
      ports: [],
      volumes: [],
      options: [],
      entrypoint: undefined,
      command: [],
    });
  });

  it.each([
    null,
    '',
    '  ',
    'docker://',
    map({ image: '' }),
    map({ options: '--cpus 1' }),
    expression("''"),
  ])('SEM-14.1: takes %j as no container', (token) => {
    expect(readJobContainer(token, scope)).toBeUndefined();
  });

  it('SEM-14.1, 22.4: evaluates every part with the contexts that it may use', () => {
    const token = map({
      image: expression("format('node:{0}', matrix.version)"),
      credentials: map({ username: expression('github.actor'), password: expression('secrets.PASSWORD') }),
      env: map({ OS: expression('runner.os'), SECRET: expression('secrets.PASSWORD'), LEVEL: expression('env.LEVEL') }),
      ports: seq(8080, '53/udp'),
      volumes: seq('/a:/b', expression("''")),
      options: '--cpus 1 --health-cmd "curl -f http://x"',
    });
    expect(readJobContainer(token, scope)).toMatchObject({
      image: 'node:15',
      credentials: { username: 'me', password: 'hunter2' },
      env: { OS: 'Linux', SECRET: 'hunter2', LEVEL: 'high' },
      ports: ['8080', '53/udp'],
      volumes: ['/a:/b'],
      options: ['--cpus', '1', '--health-cmd', 'curl -f http://x'],
    });
  });

  it.each([
    ['image', map({ image: expression('secrets.PASSWORD') })],
    ['options', map({ image: 'x', options: expression('env.LEVEL') })],
    ['credentials', map({ image: 'x', credentials: map({ username: 'a', password: expression('runner.os') }) })],
  ])('SEM-22.4: refuses a context that %s may not use', (_, token) => {
    expect(() => readJobContainer(token, scope)).toThrow(/secrets|env|runner/);
  });

  it('takes all of it from one expression', () => {
    expect(readJobContainer(json({ image: 'a:1', env: { N: 1 }, ports: [80] }), scope)).toMatchObject({
      image: 'a:1',
      env: { N: '1' },
      ports: ['80'],
    });
  });

  it.each([
    ['--network host', 'container.options has --network, which is not supported.'],
    ['--net=host', 'container.options has --net, which is not supported.'],
    ['--entrypoint sh', 'container.options has --entrypoint, which is not supported.'],
  ])('SEM-14.1: refuses the option %s', (options, message) => {
    expect(() => readJobContainer(map({ image: 'x', options }), scope)).toThrow(message);
  });

  it.each([
    [map({ image: seq('x') }), 'container.image must be a text.'],
    [map({ image: 'x', ports: '80' }), 'container.ports must be a list.'],
    [map({ image: 'x', env: seq('A=b') }), 'container.env must be a mapping.'],
    [map({ image: 'x', env: map({ A: seq() }) }), 'container.env.A must be a text.'],
    [map({ image: 'x', credentials: map({ username: 'me' }) }), 'need both username and password'],
    ['--privileged', 'container.image is "--privileged".'],
  ])('refuses what is of a wrong shape: %j', (token, message) => {
    expect(() => readJobContainer(token, scope)).toThrow(message);
  });
});

describe('readServices', () => {
  it('SEM-14.1: knows entrypoint and command, and leaves out a service without image', () => {
    const token = map({
      db: map({ image: 'postgres', entrypoint: 'sh', command: "-c 'sleep 1'" }),
      off: map({ image: expression("matrix.version == 16 && 'redis' || ''") }),
    });
    expect(readServices(token, scope)).toMatchObject([
      { alias: 'db', container: { image: 'postgres', entrypoint: 'sh', command: ['-c', 'sleep 1'] } },
      { alias: 'off', container: undefined },
    ]);
  });

  it('takes the services from an expression, and none from null', () => {
    expect(readServices(json({ db: { image: 'x' } }), scope)).toMatchObject([
      { alias: 'db', container: { image: 'x' } },
    ]);
    expect(readServices(null, scope)).toEqual([]);
  });

  it('refuses a name that Docker would take for something else', () => {
    expect(() => readServices(map({ '--x': 'image' }), scope)).toThrow('"--x" cannot be the name of a service.');
  });
});
