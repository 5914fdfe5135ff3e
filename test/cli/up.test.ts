import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PoolList } from '../../src/protocol/dashboard/index.ts';
import { folderWith, Running, switchyard } from './program.ts';

const UP = ['up', '--port', '0'];

describe('switchyard up', () => {
  it('shows the demo on the first start, keeps everything, and does not repeat it on the second', async () => {
    const cwd = await folderWith({});
    const first = new Running([...UP, '--demo'], { cwd });
    const [, url = ''] = await first.says(/dashboard +(http:\S+)\//);
    await first.says(/Ctrl-C stops/);
    expect(first.out).toMatch(/✓ success in /);
    expect(statSync(join(cwd, '.switchyard')).mode & 0o777).toBe(0o700);
    expect(statSync(join(cwd, '.switchyard/endpoints.json')).mode & 0o777).toBe(0o600);
    expect(
      execFileSync('git', ['ls-remote', `${url}/demo/hello.git`], { encoding: 'utf8', env: credentials(cwd) }),
    ).toContain('refs/heads/main');

    const pools = (await (await fetch(`${url}/switchyard/v1/pools`)).json()) as PoolList;
    expect(pools).toMatchObject({ hasFleet: true, pools: [{ name: 'example-runners', desired: 2 }] });

    expect((await switchyard(['runs'], { cwd })).out).toMatch(/1 +demo\/hello +Hello #1 +push +main +success/);
    expect((await switchyard(['explain', '1'], { cwd })).out).toContain('run 1 Say hello');
    expect((await switchyard(['logs', '1', '-j', 'summary'], { cwd })).out).toContain('Hello, world!');
    expect((await switchyard(['get', 'rdeploy'], { cwd })).out).toMatch(/NAME.*\n?example-runners/s);
    const described = await switchyard(['describe', 'rdeploy', 'example-runners'], { cwd });
    expect(described).toMatchObject({ code: 0, out: expect.stringMatching(/Spec:\n {2}replicas: 2\n.*Events:/s) });
    const asYaml = await switchyard(['get', 'rdeploy', 'example-runners', '-o', 'yaml'], { cwd });
    expect(asYaml).toMatchObject({ code: 0, out: expect.stringMatching(/^spec:\n {2}replicas: 2$/m) });
    expect((await switchyard([...UP], { cwd })).err).toMatch(/Another Switchyard .*is using/);

    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    expect((await switchyard(['runs'], { cwd })).err).toContain('No server runs on');

    const second = new Running([...UP, '--demo'], { cwd });
    await second.says(/Ctrl-C stops/);
    expect(second.out).toContain('kept from before; the newest run is 1, demo/hello Hello #1');
    expect(second.out).not.toContain('Pushing');
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  it('applies, changes and deletes runners, and names the line of what is wrong', async () => {
    const spec = (labels: string): string =>
      `apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nmetadata:\n  name: mine\nspec:\n  replicas: 0\n  template:\n    spec:\n      enterprise: switchyard\n      labels: ${labels}\n`;
    const cwd = await folderWith({ 'a.yaml': spec('[one]'), 'b.yaml': spec('[two]'), 'bad.yaml': spec('7') });
    const up = new Running(UP, { cwd });
    await up.says(/Ctrl-C stops/);
    const apply = async (file: string): Promise<string> => (await switchyard(['apply', '-f', file], { cwd })).out;
    expect(await apply('a.yaml')).toBe('runnerdeployment/mine created\n');
    expect(await apply('a.yaml')).toBe('runnerdeployment/mine unchanged\n');
    expect(await apply('b.yaml')).toBe('runnerdeployment/mine configured\n');
    const bad = await switchyard(['apply', '-f', 'bad.yaml'], { cwd });
    expect(bad).toMatchObject({ code: 1, out: '' });
    expect(bad.err).toMatch(/^error: bad\.yaml:10: runnerdeployment\/mine: spec\.template\.spec\.labels: /);
    const json = await switchyard(['get', 'rdeploy', 'mine', '-o', 'json'], { cwd });
    expect(JSON.parse(json.out).spec.template.spec.labels).toEqual(['two']);
    const both = await switchyard(['get', 'hra,rdeploy,rrs'], { cwd });
    expect(both.out).toMatch(/^NAME .*\n(.+\n)*runnerdeployment\/mine .*\n\nNAME .*\n(.+\n)*runnerreplicaset\/mine-/);
    expect((await switchyard(['get', 'hra,rdeploy', '-w'], { cwd })).err).toContain('-w follows one kind.');
    const list = JSON.parse((await switchyard(['get', 'rdeploy,rrs', '-o', 'json'], { cwd })).out);
    expect(list.items.map(({ kind }: { kind: string }) => kind).sort()).toContain('RunnerReplicaSet');
    expect((await switchyard(['delete', '-f', 'a.yaml'], { cwd })).out).toBe('runnerdeployment/mine deleted\n');
    expect((await switchyard(['delete', 'rdeploy', 'nobody'], { cwd })).code).toBe(1);
    up.child.kill('SIGINT');
    await up.ended;
  });

  it('says in one sentence what keeps it from starting', async () => {
    const cwd = await folderWith({ file: 'not a folder' });
    const up = new Running(UP, { cwd });
    const [, port = ''] = await up.says(/dashboard +http:\S+:(\d+)\//);
    const taken = await switchyard(['up', '--port', port, '--data', 'other'], { cwd });
    expect(taken).toMatchObject({ code: 1, out: '' });
    expect(taken.err).toMatch(new RegExp(`^error: Port ${port} .*taken.*\n.*\n$`));
    const unwritable = await switchyard([...UP, '--data', 'file/inside'], { cwd });
    expect(unwritable.code).toBe(1);
    expect(unwritable.err).toMatch(/^error: The data folder .* cannot be written: .*\n.*--data.*\n$/);
    const noGit = await switchyard(UP, { cwd, env: { PATH: cwd } });
    expect(noGit.code).toBe(1);
    expect(noGit.err).toMatch(/^error: Switchyard needs git/);
    up.child.kill('SIGINT');
    await up.ended;
  });
});

function credentials(cwd: string): NodeJS.ProcessEnv {
  const helper = `!f() { echo username=x; echo password=$(cat ${cwd}/.switchyard/admin-token); }; f`;
  return {
    PATH: process.env.PATH,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: helper,
  };
}
