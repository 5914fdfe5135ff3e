import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/common/package.ts';
import { findProgram } from '../support/find-program.ts';
import { requirement } from '../support/require.ts';
import { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

/** Of util-linux: gives a program a terminal. */
const script = requirement('script', () => findProgram('script'));

it.skipIf(!script)('config asks on a terminal for what is missing, shows no token, and takes defaults', async () => {
  const server = await TestServer.start();
  const root = await mkdtemp(join(tmpdir(), 'switchyard-dialog-'));
  let child: ChildProcess | undefined;
  try {
    const path = '/api/v3/enterprises/switchyard/actions/runners/registration-token';
    const { token } = await server.rest<{ token: string }>('POST', path);
    const program = `${process.execPath} ${join(packageRoot, 'bin/switchyard.mjs')} runner config --root ${root}`;
    child = spawn(script ?? '', ['-qefc', program, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let screen = '';
    child.stdout?.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    const exited = new Promise((resolve) => child?.once('close', resolve));
    const answer = async (question: string, text: string): Promise<void> => {
      await waitFor(question, () => screen.includes(question));
      child?.stdin?.write(`${text}\r`);
    };
    await answer('What is the URL of your repository?', `${server.url}/enterprises/switchyard`);
    await answer('What is your runner register token?', token);
    await answer('Enter the name of the runner', 'asked');
    await answer('Enter any further ones', 'gpu');
    await answer('Enter the name of the work folder', '');
    await waitFor('the end', () => screen.includes('Settings saved'));
    child.stdin?.end();
    await exited;
    expect(screen).not.toContain(token);
    const settings = JSON.parse(await readFile(join(root, '.runner'), 'utf8'));
    expect(settings).toMatchObject({ agentName: 'asked', workFolder: '_work', poolName: 'Default' });
  } finally {
    child?.kill('SIGKILL');
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
});
