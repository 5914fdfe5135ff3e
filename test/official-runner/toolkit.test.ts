/** GitHub's own clients of artifacts, caches and OIDC in jobs of the official runner. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { bundle } from '../runner/action-jobs.ts';
import { call } from '../support/simulated-runner.ts';
import { OfficialJobs, RENAME_SERVER, RENAMED_FOR_A_STEP } from './official-jobs.ts';
import { OfficialRunner, officialRunner } from './official-runner.ts';

const jobs = new OfficialJobs();

/** docs/official-runner.md names it. */
const FOR_A_RUNNER = `NODE_OPTIONS=--import=data:text/javascript,if(/artifact/.test(process.env.GITHUB_ACTION_REPOSITORY))${RENAME_SERVER}`;

/** Pushes `me/NAME` as an action whose main is an async function's body. */
async function pushTool(name: string, imports: string, body: string): Promise<void> {
  const main = await bundle(
    `${imports}\nmain().catch((error) => { console.error(error); process.exitCode = 1; });\nasync function main() {\n${body}\n}`,
  );
  await jobs.pushAction(`me/${name}`, {
    'action.yml': `name: ${name}\nruns: { using: node20, main: main.js }\n`,
    'main.js': main,
  });
}

const told = (log: string, name: string): unknown =>
  JSON.parse(new RegExp(`^${name} (.*)$`, 'm').exec(log)?.[1] ?? 'null');

const FS = `import { randomBytes } from 'node:crypto'; import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';`;

describe.skipIf(!officialRunner)('the toolkit on the official runner', () => {
  it('@actions/artifact: uploads in one job and downloads in another, under a name that only its steps see', async () => {
    await pushTool(
      'upload-artifact',
      `import client from '@actions/artifact'; ${FS}`,
      `mkdirSync('out'); writeFileSync('out/large.bin', randomBytes(20 * 1024 * 1024)); writeFileSync('out/note.txt', 'a note');
       const { id, digest } = await client.uploadArtifact('site', ['out/large.bin', 'out/note.txt'], 'out', { compressionLevel: 0 });
       console.log('uploaded ' + JSON.stringify([id > 0, digest?.length]));`,
    );
    await pushTool(
      'download-artifact',
      `import client from '@actions/artifact'; ${FS}`,
      `const { artifact } = await client.getArtifact('site');
       const { digestMismatch } = await client.downloadArtifact(artifact.id, { path: 'in', expectedHash: artifact.digest });
       console.log('downloaded ' + JSON.stringify([digestMismatch, readFileSync('in/note.txt', 'utf8'), readFileSync('in/large.bin').length]));`,
    );
    const id = await jobs.push(`on: push
jobs:
  up:
    runs-on: up
    steps:
      - { uses: me/upload-artifact@v1, env: { NODE_OPTIONS: "${RENAMED_FOR_A_STEP}" } }
      - run: echo "plain $GITHUB_SERVER_URL"
  down:
    needs: up
    runs-on: down
    steps:
      - uses: me/download-artifact@v1
`);
    await jobs.startRunner(['up']);
    const folder = jobs.newFolder();
    await OfficialRunner.layOut(folder);
    await writeFile(join(folder, '.env'), `${FOR_A_RUNNER}\n`);
    const config = await jobs.server.jitConfig('with-name', ['down']);
    jobs.keep(OfficialRunner.run(folder, { ACTIONS_RUNNER_INPUT_JITCONFIG: config }));
    const run = await jobs.ended(id);
    const logs = (await Promise.all(run.jobs.map((job) => jobs.log(job)))).join('\n').replace(/^\d{4}-\S+Z /gm, '');
    expect(run.conclusion, logs).toBe('success');
    expect(told(logs, 'uploaded')).toEqual([true, 64]);
    expect(told(logs, 'downloaded')).toEqual([false, 'a note', 20 * 1024 * 1024]);
    expect(logs).toContain(`plain ${jobs.server.url}`);
  });

  it('@actions/cache: saves and restores with v1, and with v2 where the name is one of GitHub’s', async () => {
    await pushTool(
      'cache',
      `import * as cache from '@actions/cache'; ${FS}`,
      `const key = 'npm-' + process.env.INPUT_KEY; const content = randomBytes(4 * 1024 * 1024);
       mkdirSync('deps', { recursive: true }); writeFileSync('deps/large.bin', content);
       let version = '';
       const write = process.stdout.write.bind(process.stdout);
       process.stdout.write = (text) => { version = /Cache service version: (v.)/.exec(String(text))?.[1] ?? version; return write(text); };
       const results = [(await cache.saveCache(['deps'], key)) > 0, await cache.saveCache(['deps'], key)];
       rmSync('deps', { recursive: true });
       results.push(await cache.restoreCache(['deps'], 'none', ['pip-']), await cache.restoreCache(['deps'], 'none', [key]));
       console.log(process.env.INPUT_KEY + ' ' + JSON.stringify([version, ...results, readFileSync('deps/large.bin').equals(content)]));`,
    );
    const { run, log } = await jobs.run(`    steps:
      - { uses: me/cache@v1, with: { key: one } }
      - { uses: me/cache@v1, with: { key: two }, env: { NODE_OPTIONS: "${RENAMED_FOR_A_STEP}" } }
`);
    expect(run.conclusion, log).toBe('success');
    // What JSON makes of undefined: no cache.
    expect(told(log, 'one')).toEqual(['v1', true, -1, null, 'npm-one', true]);
    expect(told(log, 'two')).toEqual(['v2', true, -1, null, 'npm-two', true]);
  });

  it('@actions/core: getIDToken gives a token that the issuer’s published keys verify', async () => {
    await pushTool(
      'oidc',
      `import * as core from '@actions/core';`,
      // Reversed, since its value is masked in the log.
      `console.log('token ' + JSON.stringify([...(await core.getIDToken('sts.example.com'))].reverse().join('')));`,
    );
    const { run, log } = await jobs.run('    permissions: { id-token: write }\n    steps: [{ uses: me/oidc@v1 }]\n');
    expect(run.conclusion, log).toBe('success');
    const token = [...String(told(log, 'token'))].reverse().join('');
    const issuer = `${jobs.server.url}/_services/token`;
    const { body } = await call<{ jwks_uri: string }>('GET', `${issuer}/.well-known/openid-configuration`);
    const keys = createRemoteJWKSet(new URL(body.jwks_uri));
    const { payload } = await jwtVerify(token, keys, { issuer, audience: 'sts.example.com' });
    expect(payload).toMatchObject({ sub: 'repo:me/app:ref:refs/heads/main', runner_environment: 'self-hosted' });
  });
});
