import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseDocuments } from '../../src/cli/client/manifests.ts';
import { importLines } from '../../src/cli/report/import-text.ts';
import { importArc } from '../../src/fleet/import-arc/index.ts';
import { ApiUnderTest, TOKEN } from '../support/api-under-test.ts';
import { expectGolden } from './golden.ts';
import { folderWith, switchyard } from './program.ts';

const YAML = resolve('test/cli/arc');
const SECRETS = /npm-is-a-secret|bnBtLWlzLWEtc2VjcmV0|tls-is-a-secret|dGxzLWlz|ghp-is-a-secret|Z2hwLWlz/;

describe('switchyard import arc', () => {
  it.each([
    ['the first generation', 'legacy', []],
    ['what helm template prints of a scale set', 'scale-set', []],
    ['values of both charts', 'values', ['--release', 'arc-runner-set']],
    ['a controller with its runners', 'controller', []],
  ])('says of %s what becomes of each object, and writes what the fleet takes', async (_what, name, more) => {
    const fleet = await ApiUnderTest.start();
    onTestFinished(() => fleet.close());
    const folder = await folderWith({});
    const args = ['import', 'arc', '-f', join(YAML, `${name}.yaml`), '--backend', 'docker', '-o', 'out.yaml', ...more];
    const { code, out, err } = await switchyard(args, { cwd: folder });
    expect(err).toContain('Wrote out.yaml.');
    expect(out).not.toMatch(SECRETS);
    await expectGolden(`import-${name}.yaml`, await readFile(join(folder, 'out.yaml'), 'utf8'));
    expect((await stat(join(folder, 'out.yaml'))).mode & 0o777).toBe(0o600);
    expect(code).toBe(1);
    const applied = ['apply', '-f', 'out.yaml', '--fleet', fleet.api.url, '--token', TOKEN];
    expect(await switchyard(applied, { cwd: folder })).toMatchObject({ code: 0 });
  });

  it('prints changes, losses and what is missing below each object', async () => {
    const file = join(YAML, 'legacy.yaml');
    const sources = parseDocuments(await readFile(file, 'utf8'), 'legacy.yaml');
    const hasNone = (field: string) => ({ field, message: 'has no effect: there is no cluster' });
    const review = (spec: object) =>
      ['nodeSelector', 'serviceAccountName'].filter((field) => field in spec).map(hasNone);
    const found = importArc(sources, {
      backend: 'docker',
      marksBackend: true,
      reviews: { process: review, docker: review },
    });
    await expectGolden('import-legacy.txt', `${importLines(found, pc.createColors(false)).join('\n')}\n`);
  });

  it('says of each setting of a controller what becomes of it, and shows no value', async () => {
    const sources = parseDocuments(await readFile(join(YAML, 'controller.yaml'), 'utf8'), 'controller.yaml');
    const none = () => [];
    const options = { backend: 'process', marksBackend: false, reviews: { process: none, docker: none } } as const;
    const text = importLines(importArc(sources, options), pc.createColors(false)).join('\n');
    expect(text).not.toMatch(/hunter2|ghes\.example|mirror\.example/);
    await expectGolden('import-controller.txt', `${text}\n`);
  });

  it('ends with 0 when everything carries over, and tells programs the same', async () => {
    const folder = await folderWith({
      'runners/one.yaml': [
        'apiVersion: actions.summerwind.dev/v1alpha1',
        'kind: RunnerDeployment',
        'metadata: { name: plain }',
        'spec: { template: { spec: { repository: example/app, dockerEnabled: false } } }',
      ].join('\n'),
    });
    const { code, out } = await switchyard(['import', 'arc', '-f', 'runners', '--json'], { cwd: folder });
    expect(JSON.parse(out).objects).toEqual([
      {
        kind: 'RunnerDeployment',
        namespace: 'default',
        name: 'plain',
        place: 'runners/one.yaml:1',
        outcome: 'carries over',
        notes: [],
      },
    ]);
    expect(code).toBe(0);
  });

  it('reads a cluster by kubectl, and its Secrets only when it is told to', async () => {
    const [deployment] = parseDocuments(await readFile(join(YAML, 'legacy.yaml'), 'utf8'), 'legacy.yaml');
    const list = { apiVersion: 'v1', kind: 'List', items: [deployment?.value] };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'npm', namespace: 'actions-runner-system' } };
    const folder = await folderWith({
      'list.json': JSON.stringify(list),
      'secret.json': JSON.stringify({ ...secret, data: { token: 'bnBtLWlzLWEtc2VjcmV0' } }),
    });
    // It answers as kubectl does, and writes down what it was asked for.
    const kubectl = `#!/bin/sh
echo "$@" >> ${folder}/asked
case "$*" in
*api-group=actions.summerwind.dev*) echo runnerdeployments.actions.summerwind.dev; echo runners.actions.summerwind.dev ;;
*api-resources*) ;;
*"get secret npm"*) cat ${folder}/secret.json ;;
*"get secret"*) ;;
*) cat ${folder}/list.json ;;
esac
`;
    await writeFile(join(folder, 'kubectl'), kubectl);
    await chmod(join(folder, 'kubectl'), 0o755);
    const options = { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } };
    const args = ['import', 'arc', '--kubeconfig', 'my.config', '--context', 'ci', '--backend', 'docker', '--json'];
    const { out } = await switchyard(args, options);
    const messages = (text: string): string[] =>
      JSON.parse(text).objects.flatMap((object: { notes: { message: string }[] }) =>
        object.notes.map((one) => one.message),
      );
    expect(messages(out)).toContain('the Secret npm is not among what was imported');
    const asked = await readFile(join(folder, 'asked'), 'utf8');
    expect(asked).toContain(
      '--kubeconfig=my.config --context=ci get runnerdeployments.actions.summerwind.dev,runners.actions.summerwind.dev --all-namespaces -o json',
    );
    expect(asked).not.toContain('secret');
    const more = await switchyard([...args, '--secrets'], options);
    expect(messages(more.out)).not.toContain('the Secret npm is not among what was imported');
    expect(messages(more.out)).toContain('the Secret team-credentials is not among what was imported');
    expect(more.out).not.toMatch(SECRETS);
  });

  it('reads the settings of the controllers of a cluster, and goes on where it may not', async () => {
    const documents = parseDocuments(await readFile(join(YAML, 'controller.yaml'), 'utf8'), 'controller.yaml');
    const items = documents.map(({ value }) => value as { kind: string });
    const listOf = (isWanted: (kind: string) => boolean): string =>
      JSON.stringify({ kind: 'List', items: items.filter(({ kind }) => isWanted(kind)) });
    const folder = await folderWith({
      'list.json': listOf((kind) => kind !== 'Deployment'),
      'deployments.json': listOf((kind) => kind === 'Deployment'),
    });
    const kubectl = `#!/bin/sh
case "$*" in
*api-group=actions.summerwind.dev*) echo runnerdeployments.actions.summerwind.dev ;;
*api-resources*) ;;
*"get deployments --all-namespaces"*) cat ${folder}/deployments.json || { echo "deployments.apps is forbidden" >&2; exit 1; } ;;
*) cat ${folder}/list.json ;;
esac
`;
    await writeFile(join(folder, 'kubectl'), kubectl);
    await chmod(join(folder, 'kubectl'), 0o755);
    const options = { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } };
    const args = ['import', 'arc', '--context', 'ci', '-n', 'ci', '-o', 'out.yaml', '--json'];
    const { out } = await switchyard(args, options);
    const names = JSON.parse(out).objects.map(({ name }: { name: string }) => name);
    expect(names).toContain('arc-github-webhook-server');
    expect(names).not.toContain('other');
    const written = await readFile(join(folder, 'out.yaml'), 'utf8');
    expect(written).toContain('scaleDownDelaySecondsAfterScaleOut: 300');
    await rm(join(folder, 'deployments.json'));
    const less = await switchyard(args, options);
    expect(less.err).toContain(
      "The settings of ARC's controllers were not read. kubectl failed: deployments.apps is forbidden",
    );
    expect(JSON.parse(less.out).objects.map(({ name }: { name: string }) => name)).toContain('pool');
  });

  it.each([
    ['neither files nor a cluster', ['import', 'arc'], 2, 'Name files by -f, or a cluster'],
    ['files and a cluster', ['import', 'arc', '-f', 'x.yaml', '--context', 'ci'], 2, 'Give either files or a cluster.'],
    ['another system', ['import', 'jenkins', '-f', 'x.yaml'], 2, '"jenkins" is none of arc'],
    ['a file that is not there', ['import', 'arc', '-f', 'x.yaml'], 1, 'x.yaml cannot be read'],
  ])('refuses %s', async (_what, args, expected, words) => {
    const { code, err } = await switchyard(args, { cwd: await folderWith({}) });
    expect(err).toContain(words);
    expect(code).toBe(expected);
  });

  it('says that kubectl is missing, or what it said', async () => {
    const folder = await folderWith({
      kubectl: '#!/bin/sh\necho "error: context \\"ci\\" does not exist" >&2\nexit 1\n',
    });
    await chmod(join(folder, 'kubectl'), 0o755);
    const args = ['import', 'arc', '--context', 'ci'];
    const failed = await switchyard(args, { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } });
    expect(failed.err).toContain('kubectl failed: error: context "ci" does not exist');
    const missing = await switchyard(args, { cwd: folder, env: { PATH: '/nowhere' } });
    expect(missing.err).toContain('kubectl is not on the PATH');
  });
});
