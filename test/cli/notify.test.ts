import { type ChildProcess, spawn } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inheritedEnvironment } from '../../src/common/settings.ts';
import { HookReceiver } from '../support/hook-receiver.ts';
import { folderWith, switchyard } from './program.ts';

async function receiving(): Promise<HookReceiver> {
  const receiver = await HookReceiver.start();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** `notify seal`, given the secret on standard input. */
async function seal(folder: string, secret: string): Promise<string> {
  const args = [resolve('bin/switchyard.mjs'), 'notify', 'seal', '--data', folder];
  const child: ChildProcess = spawn(process.execPath, args, {
    env: inheritedEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin?.end(`${secret}\n`);
  let out = '';
  for await (const piece of child.stdout ?? []) out += String(piece);
  return out.trim();
}

describe('switchyard notify', () => {
  it('sends an example of each rule, to a URL that is sealed in the file', async () => {
    const receiver = await receiving();
    const folder = await folderWith({});
    const url = await seal(folder, receiver.url);
    expect(url).toMatch(/^sealed:[A-Za-z0-9+/=]+$/);
    expect((await stat(join(folder, 'notifications.key'))).mode & 0o777).toBe(0o600);
    const rules = [
      { to: 'team', tell: ['deployments'], environments: ['prod-*'], template: '{{repository}} to {{environment}}' },
      { to: 'team', tell: ['troubles'] },
    ];
    const text = JSON.stringify({ receivers: [{ name: 'team', slack: { url } }], rules });
    await writeFile(join(folder, 'notifications.yaml'), text);
    const { code, out, err } = await switchyard(['notify', 'test', '--data', folder], { cwd: folder });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('✓ team: Test: example/app to prod-example');
    expect(receiver.hooks.map(({ payload }) => payload.text)).toEqual([
      'Test: example/app to prod-example',
      'Test: default/example: runners do not start',
    ]);
  });

  it('says who did not take it, without the URL', async () => {
    const receiver = await receiving();
    receiver.answer = () => 403;
    const receivers = [{ name: 'team', webhook: { url: `${receiver.url}/secret-path` } }];
    const rules = [{ to: 'team', tell: ['failures'] }];
    const folder = await folderWith({ 'notifications.yaml': JSON.stringify({ receivers, rules }) });
    const { code, err } = await switchyard(['notify', 'test', '--data', '.'], { cwd: folder });
    expect([code, err]).toEqual([1, '✗ team: The receiver answered 403.\n']);
  });

  it.each([
    ['without a file', {}, [], 'notifications.yaml, so nobody is notified.'],
    ['with a broken one', { 'notifications.yaml': 'rules: 1' }, [], 'notifications.yaml: '],
    [
      'without a rule for the receiver',
      { 'notifications.yaml': '{receivers: [], rules: []}' },
      ['--to', 'team'],
      'has no rule for team.',
    ],
  ])('fails %s', async (_what, files, more, words) => {
    const { code, err } = await switchyard(['notify', 'test', '--data', '.', ...more], {
      cwd: await folderWith(files),
    });
    expect(err).toContain(words);
    expect(code).toBe(1);
  });
});
