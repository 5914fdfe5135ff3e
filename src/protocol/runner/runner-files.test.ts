import { describe, expect, it } from 'vitest';
import { UserError } from '../../common/errors.ts';
import { type RsaPrivateJwk, readRunnerFiles, rsaParameters } from './runner-files.ts';

const bad = (problem: string): UserError => new UserError('bad-runner-files', problem);
const number = (bytes: number, first = 0x80): string => Buffer.alloc(bytes, first).toString('base64url');
const jwk: RsaPrivateJwk = {
  n: number(256),
  e: 'AQAB',
  d: number(255),
  p: number(128),
  q: number(128),
  dp: number(127),
  dq: number(128),
  qi: number(128),
};
/** As GitHub's runner writes them: a byte order mark, names in camel case, numbers and booleans. */
const official = (more: object = {}, data: object = {}) => ({
  runner: `\uFEFF${JSON.stringify({
    ...{ agentId: 7, agentName: 'box', poolId: 1, poolName: 'Default', ephemeral: true, workFolder: '_work' },
    ...{ serverUrl: 'https://pipelines.example/', gitHubUrl: 'https://github.com/o/r', useV2Flow: true },
    ...{ useRunnerAdminFlow: true, serverUrlV2: 'https://broker.example/', ...more },
  })}`,
  credentials: JSON.stringify({
    scheme: 'OAuth',
    data: { clientId: 'c', authorizationUrl: 'https://tokens.example/', requireFipsCryptography: 'True', ...data },
  }),
  key: JSON.stringify(rsaParameters(jwk)),
});

describe('the files of a runner (runner-protocol 2.2)', () => {
  it('are read as GitHub’s runner writes them', () => {
    const { runner, credentials, key } = readRunnerFiles(official(), bad);
    expect(runner).toMatchObject({
      ...{ AgentId: '7', AgentName: 'box', Ephemeral: 'true', UseRunnerAdminFlow: 'true' },
      ServerUrlV2: 'https://broker.example/',
    });
    expect(credentials.Data).toEqual({
      clientId: 'c',
      authorizationUrl: 'https://tokens.example/',
      requireFipsCryptography: 'True',
    });
    expect(key).toEqual(jwk);
  });

  it('hold numbers of the key in full length, which .NET insists on', () => {
    const bytes = (text = ''): number => Buffer.from(text, 'base64').length;
    const { modulus, d, dp, p } = rsaParameters(jwk);
    expect([bytes(modulus), bytes(d), bytes(dp), bytes(p)]).toEqual([256, 256, 128, 128]);
  });

  it('name a second token service only where GitHub moves the runner to it', () => {
    const both = { authorizationUrlV2: 'https://new.example/', oauthEndpointUrl: 'https://endpoint.example/' };
    expect(readRunnerFiles(official({}, both), bad).credentials.Data).not.toHaveProperty('authorizationUrlV2');
    const moved = { ...both, enableAuthMigrationByDefault: 'true' };
    expect(readRunnerFiles(official({}, moved), bad).credentials.Data).toMatchObject(both);
  });

  it.each([
    [{ serverUrlV2: undefined }, {}, 'older runner protocol (V1)'],
    [{ serverUrlV2: 'ftp://x' }, {}, 'not an http or https URL'],
    [{ agentId: undefined }, {}, 'lacks AgentId'],
    [{}, { clientId: undefined }, 'lacks clientId'],
  ])('are refused with a sentence: %j %j', (more, data, problem) => {
    expect(() => readRunnerFiles(official(more, data), bad)).toThrow(problem);
  });

  it('are refused where one is no JSON, or has no key', () => {
    expect(() => readRunnerFiles({ ...official(), runner: '{' }, bad)).toThrow('.runner is not JSON');
    expect(() => readRunnerFiles({ ...official(), key: '{}' }, bad)).toThrow('.credentials_rsaparams lacks modulus');
    expect(() => readRunnerFiles({ ...official(), credentials: '[]' }, bad)).toThrow('.credentials is not an object');
  });
});
