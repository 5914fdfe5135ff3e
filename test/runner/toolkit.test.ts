/** GitHub's own clients of artifacts, caches and OIDC inside jobs, against the server as it is set up by default. */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { call } from '../support/simulated-runner.ts';
import { ActionJobs, bundle } from './action-jobs.ts';

const jobs = new ActionJobs();
const SLOW_MS = 120_000;

const TELL =
  'const tell = (name: string, value: unknown) => console.log("told " + name + " " + JSON.stringify(value ?? null));';

/** Pushes `me/NAME` as an action whose main is an async function's body. */
async function tool(name: string, imports: string, body: string): Promise<void> {
  const main = await bundle(
    `${imports}\n${TELL}\nmain().catch((error) => { console.error(error); process.exitCode = 1; });\nasync function main() {\n${body}\n}`,
  );
  const manifest = `name: ${name}\nruns: { using: node20, main: main.js }\n`;
  await jobs.push(`me/${name}`, { 'action.yml': manifest, 'main.js': main });
}

function told(log: string): Record<string, unknown> {
  const lines = [...log.matchAll(/^told (\S+) (.*)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', json = '']) => [name, JSON.parse(json)]));
}

it(
  '@actions/artifact: uploads, lists, gets, downloads with the right digest, overwrites and deletes',
  async () => {
    await tool(
      'artifact',
      `import client from '@actions/artifact'; import { randomBytes } from 'node:crypto'; import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';`,
      `
    mkdirSync('out/deep', { recursive: true });
    const large = randomBytes(20 * 1024 * 1024);
    writeFileSync('out/large.bin', large);
    writeFileSync('out/deep/note.txt', 'a note');
    const up = await client.uploadArtifact('site', ['out/large.bin', 'out/deep/note.txt'], 'out', { compressionLevel: 0, retentionDays: 3 });
    const { artifact } = await client.getArtifact('site');
    tell('same', [artifact.id === up.id, artifact.digest === 'sha256:' + up.digest, artifact.size === up.size]);
    const down = await client.downloadArtifact(artifact.id, { path: 'in', expectedHash: artifact.digest });
    tell('mismatch', down.digestMismatch);
    tell('content', [readFileSync('in/large.bin').equals(large), readFileSync('in/deep/note.txt', 'utf8')]);
    tell('taken', await client.uploadArtifact('site', ['out/deep/note.txt'], 'out').catch((error) => error.message));
    await client.deleteArtifact('site');
    await client.uploadArtifact('site', ['out/deep/note.txt'], 'out');
    tell('names', (await client.listArtifacts()).artifacts.map(({ name }) => name));
    tell('server', process.env.GITHUB_SERVER_URL);
    `,
    );
    const { log, run } = await jobs.run('      - uses: me/artifact@v1\n      - run: echo "plain $GITHUB_SERVER_URL"\n');
    expect(run.conclusion, log).toBe('success');
    expect(told(log)).toEqual({
      same: [true, true, true],
      mismatch: false,
      content: [true, 'a note'],
      taken: expect.stringContaining('already exists'),
      names: ['site'],
      server: `http://switchyard.localhost:${new URL(jobs.server.url).port}`,
    });
    // Only programs that would refuse see another name.
    expect(log).toContain(`plain ${jobs.server.url}`);
  },
  SLOW_MS,
);

it(
  '@actions/artifact: downloads from another run with a token',
  async () => {
    await tool(
      'upload',
      `import client from '@actions/artifact'; import { writeFileSync } from 'node:fs';`,
      `writeFileSync('a.txt', 'from run one'); tell('id', (await client.uploadArtifact('a', ['a.txt'], '.')).id);`,
    );
    await tool(
      'cross-run',
      `import client from '@actions/artifact'; import { readFileSync } from 'node:fs';`,
      `
    const findBy = { token: process.env.INPUT_TOKEN ?? '', workflowRunId: Number(process.env.INPUT_RUN), repositoryOwner: 'me', repositoryName: 'app' };
    const { artifacts } = await client.listArtifacts({ findBy });
    tell('names', artifacts.map(({ name }) => name));
    const { artifact } = await client.getArtifact('a', { findBy });
    const { digestMismatch } = await client.downloadArtifact(artifact.id, { findBy, path: 'in', expectedHash: artifact.digest });
    tell('content', [readFileSync('in/a.txt', 'utf8'), digestMismatch]);
    `,
    );
    const first = await jobs.run('      - uses: me/upload@v1\n');
    expect(first.run.conclusion, first.log).toBe('success');
    const second = await jobs.run(
      `      - uses: me/cross-run@v1\n        with: { token: '\${{ github.token }}', run: '${first.run.id}' }\n`,
      { different: 'commit' },
      '    permissions: { actions: read }\n',
    );
    expect(second.run.conclusion, second.log).toBe('success');
    expect(told(second.log)).toEqual({ names: ['a'], content: ['from run one', false] });
  },
  SLOW_MS,
);

/** Saves what is larger than one part, loses it, and restores it. */
const CACHE_ROUND = `
    const content = randomBytes(40 * 1024 * 1024);
    mkdirSync('deps'); writeFileSync('deps/large.bin', content);
    tell('available', cache.isFeatureAvailable());
    tell('saved', (await cache.saveCache(['deps'], 'npm-1')) > 0);
    tell('again', await cache.saveCache(['deps'], 'npm-1'));
    rmSync('deps', { recursive: true });
    tell('miss', await cache.restoreCache(['deps'], 'pip', ['yarn-']));
    tell('hit', await cache.restoreCache(['deps'], 'none', ['npm-']));
    tell('content', readFileSync('deps/large.bin').equals(content));
`;
const CACHE_TOLD = { available: true, saved: true, again: -1, miss: null, hit: 'npm-1', content: true };
const CACHE_IMPORTS = `import * as cache from '@actions/cache'; import { randomBytes } from 'node:crypto'; import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';`;

it(
  '@actions/cache: saves and restores with the protocol that it chooses for the server',
  async () => {
    await tool('cache', CACHE_IMPORTS, CACHE_ROUND);
    const { log, run } = await jobs.run('      - uses: me/cache@v1\n');
    expect(run.conclusion, log).toBe('success');
    expect(told(log)).toEqual(CACHE_TOLD);
  },
  SLOW_MS,
);

it(
  '@actions/cache: saves and restores with v2 too, which it uses under a name of GitHub’s',
  async () => {
    await tool(
      'cache-v2',
      CACHE_IMPORTS,
      `const name = new URL(process.env.GITHUB_SERVER_URL ?? ''); name.hostname = 'switchyard.localhost'; process.env.GITHUB_SERVER_URL = name.href; ${CACHE_ROUND}`,
    );
    const { log, run } = await jobs.run('      - uses: me/cache-v2@v1\n');
    expect(run.conclusion, log).toBe('success');
    expect(told(log)).toEqual(CACHE_TOLD);
  },
  SLOW_MS,
);

it(
  '@actions/core: getIDToken gives a token that the issuer’s published keys verify',
  async () => {
    await tool(
      'oidc',
      `import * as core from '@actions/core';`,
      // Reversed, since its value is masked in the log.
      `tell('token', [...(await core.getIDToken('sts.example.com'))].reverse().join(''));`,
    );
    const { log, run } = await jobs.run('      - uses: me/oidc@v1\n', {}, '    permissions: { id-token: write }\n');
    expect(run.conclusion, log).toBe('success');
    const token = [...String(told(log).token)].reverse().join('');
    const issuer = `${jobs.server.url}/_services/token`;
    const { body } = await call<{ jwks_uri: string }>('GET', `${issuer}/.well-known/openid-configuration`);
    const keys = createRemoteJWKSet(new URL(body.jwks_uri));
    const { payload } = await jwtVerify(token, keys, { issuer, audience: 'sts.example.com' });
    expect(payload.sub).toBe('repo:me/app:ref:refs/heads/main');
  },
  SLOW_MS,
);
