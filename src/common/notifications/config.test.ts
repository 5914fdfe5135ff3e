import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig, readConfig, sealed } from './config.ts';

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'notifications-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'notifications.yaml');
  await writeFile(file, text);
  return file;
}

const receiver = (more: object): string => JSON.stringify({ receivers: [{ name: 'team', ...more }], rules: [] });

describe('notifications.yaml', () => {
  it.each([
    [
      'two ways in one receiver',
      receiver({ slack: { url: 'x' }, webhook: { url: 'x' } }),
      'team needs one of slack and webhook',
    ],
    ['a receiver without a way', receiver({}), 'team needs one of slack and webhook'],
    ['a token without a channel', receiver({ slack: { token: 'x' } }), 'team needs either url, or token and channel'],
    ['a field that is not known', receiver({ sms: '1' }), 'Unrecognized key: "sms"'],
    ['a rule for nobody', '{receivers: [], rules: [{to: team, tell: [failures]}]}', 'a rule is for team'],
    ['no list of rules', 'receivers: []', 'rules'],
    ['no YAML', 'receivers: [\n  "secret-token', 'line 2 is no YAML'],
  ])('is refused with %s', (_what, text, words) => {
    expect(() => parseConfig(text, 'notifications.yaml')).toThrow(words);
    expect(() => parseConfig(text, 'notifications.yaml')).toThrow(/^notifications\.yaml: (?!.*secret-token)/);
  });

  it('may be missing: then nobody is told anything', async () => {
    expect(await readConfig('/nowhere/notifications.yaml')).toBeUndefined();
  });

  it('has sealed secrets that only the key beside it opens', async () => {
    const file = await fileWith('');
    const secret = await sealed(file, 'https://hooks.example.com/T0/secret');
    expect(secret).not.toContain('hooks');
    await writeFile(file, receiver({ slack: { url: secret } }));
    expect((await readConfig(file))?.receivers[0]?.slack?.url).toBe('https://hooks.example.com/T0/secret');
    const copy = await fileWith(await readFile(file, 'utf8'));
    await expect(readConfig(copy)).rejects.toThrow('cannot be opened');
  });

  it('says that a URL is none without showing it', async () => {
    const file = await fileWith(receiver({ webhook: { url: 'file:///etc/secret' } }));
    await expect(readConfig(file)).rejects.toThrow(/the url of team is not an http or https URL\.$/);
  });
});
