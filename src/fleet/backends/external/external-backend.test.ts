import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { systemClock } from '../../../common/clock.ts';
import { silentLogger } from '../../../common/log.ts';
import { GitHubClient, generateJitConfig } from '../../../github/index.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../testing/github-stand-in.ts';
import { describeBackend } from '../contract.ts';
import { startTimeOf } from '../process/process-table.ts';
import type { Backend, Exit } from '../types.ts';
import { ExternalBackend } from './external-backend.ts';
import type { ProgramOptions } from './program-link.ts';

const example = fileURLToPath(new URL('../../../../examples/backend/backend.mjs', import.meta.url));
const runner = fileURLToPath(new URL('../../testing/runner-program.mjs', import.meta.url));

/** Says hello, then does to each request what the test put into BEHAVIOUR: the body of a function of `request`, `say` and `count`. */
const PROGRAM = `#!${process.execPath}
const { createInterface } = require('node:readline');
const say = (line) => process.stdout.write((typeof line === 'string' ? line : JSON.stringify(line)) + '\\n');
const behaviour = new Function('request', 'say', 'count', process.env.BEHAVIOUR);
let count = 0;
createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  const answered = behaviour(request, say, count++);
  if (answered) return;
  if (request.method === 'hello') say({ id: request.id, result: { version: 1, systemLabels: ['self-hosted'], honours: ['image'] } });
  else if (request.method === 'list') say({ id: request.id, result: { instances: [] } });
  else say({ id: request.id, result: {} });
}).on('close', () => process.exit(0));
`;

/** Never answers. */
const HANG = 'return true;';

let folder: string;
const opened: Backend[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-external-'));
});
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(program: string, options: Partial<ProgramOptions> = {}): Promise<ExternalBackend> {
  const backend = await ExternalBackend.open({
    name: 'mine',
    program,
    environment: { PATH: process.env.PATH ?? '', RUNNER_COMMAND: `${process.execPath} ${runner} runner` },
    stateFolder: join(folder, 'state'),
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  opened.push(backend);
  return backend;
}

describeBackend('the external program of examples/backend', async () => {
  const github = await GitHubStandIn.start();
  const client = new GitHubClient({ url: github.url, token: STAND_IN_TOKEN });
  const scope = { kind: 'organization', name: 'octo' } as const;
  const registered = await generateJitConfig(client, scope, {
    name: 'one',
    runner_group_id: 1,
    labels: ['self-hosted'],
  });
  const pidOf = async (name: string): Promise<number> => {
    const { readFile } = await import('node:fs/promises');
    return Number.parseInt(await readFile(join(folder, 'state', 'runners', name, 'process'), 'utf8'), 10);
  };
  return {
    backend: await open(example),
    reopen: () => open(example),
    jitConfig: registered.encoded_jit_config,
    crash: async (name) => void process.kill(await pidOf(name), 'SIGKILL'),
    async close() {
      const last = await open(example);
      for (const { name, exit } of await last.list()) {
        const pid = await pidOf(name);
        if (!exit) await last.stop(name, 0);
        expect(await startTimeOf(pid)).toBeUndefined();
      }
      await github.close();
    },
  };
});

describe('an external program as a backend', () => {
  async function behaving(behaviour: string, options: Partial<ProgramOptions> = {}): Promise<ExternalBackend> {
    const program = join(folder, 'program.cjs');
    await writeFile(program, PROGRAM);
    await chmod(program, 0o755);
    return open(program, { environment: { BEHAVIOUR: behaviour }, ...options });
  }
  const start = (backend: Backend, name = 'box'): Promise<void> =>
    backend.start({ name, jitConfig: 'config', keepConfig: false, spec: { repository: 'octo/app' } });

  it('says which labels its runners have, and warns of the fields that it does not honour (D-1)', async () => {
    const backend = await behaving('');
    expect(backend.systemLabels).toEqual(['self-hosted']);
    const warnings = backend.review({ repository: 'octo/app', labels: ['a'], image: 'b', workDir: '/c', env: [] });
    expect(warnings.map(({ field }) => field)).toEqual(['workDir', 'env']);
  });

  it('is told with its words when it says no, and what it may have started is stopped and forgotten', async () => {
    const backend = await behaving(`
      if (request.method !== 'start') { if (request.method !== 'hello' && request.method !== 'list') (globalThis.seen ??= []).push(request.method); 
        if (request.method === 'list') { say({ id: request.id, result: { instances: globalThis.seen.map((name) => ({ name })) } }); return true; } return false; }
      say({ id: request.id, error: { message: 'no room', retryable: true } }); return true;`);
    await expect(start(backend)).rejects.toThrow('The program of the backend mine says: no room');
    expect((await backend.list()).map(({ name }) => name)).toEqual(['stop', 'remove']);
  });

  it.each([
    [
      'text',
      `say('Starting up…\\u001b[31m'); return true;`,
      /printed what is no line of the protocol: Starting up… \[31m\.$/,
    ],
    [
      'an answer to nothing',
      `say({ id: 77, result: {} }); return true;`,
      /answered a request that was not made: \{"id":77/,
    ],
    ['an error without words', `say({ id: request.id, error: {} }); return true;`, /no line of the protocol: \{"id"/],
    ['an end', `process.stderr.write('out of luck'); process.exit(3);`, /ended with exit code 3: out of luck\.$/],
  ])('is started anew after %s in the place of an answer, and who waited is told at once', async (_what, act, problem) => {
    const clock = new ManualClock();
    const backend = await behaving(`if (request.method === 'start' && request.params.name === 'bad') { ${act} }`, {
      clock,
    });
    await expect(start(backend, 'bad')).rejects.toThrow(problem);
    await expect(start(backend)).rejects.toThrow('is being started anew');
    clock.advance(1_000);
    await expect
      .poll(
        () =>
          start(backend).then(
            () => 'started',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('started');
  });

  it('never keeps anybody waiting: a request that it does not answer fails in time', async () => {
    const clock = new ManualClock();
    const backend = await behaving(`return request.method === 'start';`, { clock });
    const started = start(backend);
    const failed = expect(started).rejects.toThrow('did not answer "start" in 300 s');
    clock.advance(300_000);
    await failed;
  });

  it.each([
    ['hangs in its hello', HANG, /did not answer "hello" in 10 s/],
    [
      'speaks another version',
      `say({ id: request.id, result: { version: 2, systemLabels: [], honours: [] } }); return true;`,
      /said hello in a way that is not understood: version/,
    ],
  ])('is refused at the start of the fleet when it %s', async (_what, behaviour, problem) => {
    const clock = new ManualClock();
    const refused = expect(behaving(behaviour, { clock })).rejects.toThrow(problem);
    if (behaviour === HANG)
      await expect
        .poll(() => clock.pending)
        .toBe(1)
        .then(() => clock.advance(10_000));
    await refused;
  });

  it('is refused at the start of the fleet when there is no such program', async () => {
    await expect(open(join(folder, 'nowhere'))).rejects.toThrow(/cannot be started: spawn .*nowhere ENOENT/);
  });

  it('is not believed that it has stopped what it lists as running', async () => {
    const backend = await behaving(
      `if (request.method === 'list') { say({ id: request.id, result: { instances: [{ name: 'box' }] } }); return true; }`,
    );
    await start(backend);
    await expect(backend.stop('box', 0)).rejects.toThrow('has stopped box, yet lists it as running');
  });

  it('is started anew when it lists something twice, or what is no list', async () => {
    const twice = `if (request.method === 'list') { say({ id: request.id, result: { instances: [{ name: 'a' }, { name: 'a' }] } }); return true; }`;
    await expect((await behaving(twice)).list()).rejects.toThrow('lists an instance twice');
    const none = `if (request.method === 'list') { say({ id: request.id, result: 'none' }); return true; }`;
    await expect((await behaving(none)).list()).rejects.toThrow('lists what is no list of instances');
  });

  it('tells each end once, whatever it tells twice or of runners that nobody has started', async () => {
    const ends: [string, Exit][] = [];
    const backend = await behaving(`
      const end = (name) => say({ event: 'exit', name, exit: { code: 1 } });
      if (request.method === 'start') { end('ghost'); end('box'); end('box'); }`);
    backend.onExit((name, exit) => ends.push([name, exit]));
    await start(backend);
    expect(ends).toEqual([['box', { code: 1, output: '' }]]);
  });

  it('tells the end of runners that it does not know any more after it was started anew', async () => {
    const clock = new ManualClock();
    const backend = await behaving(`if (request.method === 'remove') process.exit(1);`, { clock });
    const end = new Promise<Exit>((resolve) => backend.onExit((_name, exit) => resolve(exit)));
    await start(backend);
    await expect(backend.remove('other', { keepLog: false })).rejects.toThrow('ended with exit code 1');
    clock.advance(1_000);
    expect((await end).reason).toBe('its backend does not know it any more');
  });
});
