import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { recordEndpoints } from '../../src/cli/client/endpoints.ts';
import { silentLogger } from '../../src/common/log.ts';
import { FakeBackend } from '../../src/fleet/backends/fake.ts';
import { startFleet } from '../../src/fleet/index.ts';
import { GitHubStandIn, STAND_IN_TOKEN } from '../../src/fleet/testing/github-stand-in.ts';
import { findProgram } from '../support/find-program.ts';
import { Kubectl } from '../support/kubectl.ts';
import { Program } from '../support/programs.ts';
import { requirement } from '../support/require.ts';
import { waitFor } from '../support/wait.ts';

const program = requirement('kubectl', () => findProgram('kubectl'));

interface Resource {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { replicas?: number; template: { spec: { labels?: string[] } } };
  data?: Record<string, string>;
}

const pool = (name: string, replicas: number, more = ''): string => `
apiVersion: actions.summerwind.dev/v1alpha1
kind: RunnerDeployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  template:
    spec:
      repository: octo/app
      labels: [t3a.large]
${more}`;

describe.skipIf(!program)('the real kubectl at a fleet', () => {
  let folder: string;
  let github: GitHubStandIn;
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  let kubectl: Kubectl;
  let kubeconfig: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-kubectl-'));
    kubeconfig = join(folder, 'data', 'kubeconfig');
    github = await GitHubStandIn.start();
    await mkdir(join(folder, 'home'));
    fleet = await startFleet({
      host: '127.0.0.1',
      port: 0,
      dataFolder: join(folder, 'data', 'fleet'),
      github: { url: github.url, token: STAND_IN_TOKEN },
      apiToken: await madeToken(),
      backend: new FakeBackend(),
      logger: silentLogger,
    });
    await recordEndpoints(join(folder, 'data'), { fleet: fleet.url });
    const making = Program.start(['fleet', 'kubeconfig', '--data', join(folder, 'data')], { cwd: folder });
    expect([await making.exited(), making.output]).toEqual([0, `${kubeconfig}\n`]);
    kubectl = new Kubectl(program ?? '', { home: join(folder, 'home'), kubeconfig });
  });
  afterAll(async () => {
    await fleet?.close();
    await github?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function madeToken(): Promise<string> {
    const { fleetToken } = await import('../../src/cli/platform/programs.ts');
    await mkdir(join(folder, 'data'), { mode: 0o700 });
    return fleetToken(join(folder, 'data'));
  }

  const apply = (text: string, ...options: string[]): Promise<string> =>
    kubectl.run(['apply', ...options, '-f', '-'], text);

  it('finds the fleet by a file that only its owner can read', async () => {
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
    expect(await kubectl.run(['api-resources'])).toMatch(
      /runnerdeployments +rdeploy +actions\.summerwind\.dev\/v1alpha1 +true +RunnerDeployment/,
    );
    expect(await kubectl.run(['auth', 'can-i', 'create', 'rdeploy'])).toContain('yes');
  });

  it('applies, changes and deletes, client-side', async () => {
    expect(await apply(pool('client', 1))).toContain('runnerdeployment.actions.summerwind.dev/client created');
    expect(await apply(pool('client', 1))).toContain('client unchanged');
    const dry = await apply(pool('client', 5), '--dry-run=server');
    expect(dry).toContain('client configured (server dry run)');
    expect(await apply(pool('client', 2))).toContain('client configured');
    const { spec, metadata } = await kubectl.json<Resource>(['get', 'rdeploy', 'client']);
    expect(spec.replicas).toBe(2);
    expect(metadata.annotations).toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
    // What is no longer in the file goes, what others have set stays.
    await kubectl.run(['label', 'rdeploy', 'client', 'team=a']);
    await apply(pool('client', 2).replace('      labels: [t3a.large]\n', ''));
    const changed = await kubectl.json<Resource>(['get', 'rdeploy', 'client']);
    expect(changed.spec.template.spec).not.toHaveProperty('labels');
    expect(changed.metadata.labels).toEqual({ team: 'a' });
    expect(await kubectl.run(['delete', 'rdeploy', 'client'])).toContain('"client" deleted');
    expect(await kubectl.refused(['get', 'rdeploy', 'client'])).toContain('NotFound');
  });

  it('applies server-side, and is told who else owns a field', async () => {
    await apply(pool('server', 1), '--server-side', '--field-manager=alice');
    const conflict = await kubectl.refused(
      ['apply', '--server-side', '--field-manager=bob', '-f', '-'],
      pool('server', 3),
    );
    expect(conflict).toMatch(/conflict with "alice": \.spec\.replicas/);
    await apply(pool('server', 3), '--server-side', '--field-manager=bob', '--force-conflicts');
    expect((await kubectl.json<Resource>(['get', 'rdeploy', 'server'])).spec.replicas).toBe(3);
    await kubectl.run(['delete', 'rdeploy', 'server']);
  });

  it('prints tables, YAML and descriptions, and follows changes', async () => {
    const watch = kubectl.follow(['get', 'runners', '-w']);
    await apply(pool('shown', 1));
    expect(await watch.line(/^shown-/)).toContain('octo/app');
    watch.end();
    expect(await kubectl.run(['get', 'runner', '-o', 'wide'])).toMatch(
      /NAME +ENTERPRISE +ORGANIZATION +REPOSITORY +GROUP +LABELS +STATUS +MESSAGE +WF REPO +WF RUN +AGE/,
    );
    expect(await kubectl.run(['get', 'rdeploy,rrs,runners', '-A', '--show-labels'])).toContain('runner-template-hash');
    expect(await kubectl.run(['get', 'all'])).toMatch(/runnerdeployment\S*\/shown /);
    expect(parse(await kubectl.run(['get', 'rdeploy', 'shown', '-o', 'yaml']))).toMatchObject({
      kind: 'RunnerDeployment',
      spec: { template: { spec: { repository: 'octo/app' } } },
    });
    expect(await kubectl.run(['describe', 'rdeploy', 'shown'])).toMatch(/Kind: +RunnerDeployment[\s\S]*Events:/);
    await kubectl.run(['delete', 'rdeploy', 'shown']);
  });

  it('takes the YAML of an autoscaled pool as its users have it, and shows it in ARC’s columns', async () => {
    const file = join(import.meta.dirname, '../../examples/autoscaled-runners.yaml');
    const applied = await kubectl.run(['apply', '-f', file]);
    expect(applied).toMatch(/horizontalrunnerautoscaler\S* created/);
    expect(await kubectl.run(['get', 'hra'])).toMatch(/NAME +MIN +MAX +DESIRED +SCHEDULE *\n/);
    const isShown = async (): Promise<boolean> =>
      /SCHEDULE +NEXT CHANGE *\n.* \+0000 UTC +\d{4}-\d\d-\d\d \d\d:\d\d \+\d\d:\d\d \([^)]+ UTC\): minReplicas/.test(
        await kubectl.run(['get', 'hra', '-o', 'wide']),
      );
    await waitFor('the next change in the written offset and in UTC', isShown);
    expect(await kubectl.run(['describe', 'hra'])).toContain('Kind:         HorizontalRunnerAutoscaler');
    expect(await kubectl.run(['apply', '-f', file])).toMatch(/horizontalrunnerautoscaler\S* unchanged/);
    expect(await kubectl.run(['explain', 'hra.spec.scheduledOverrides'])).toMatch(/startTime\s+<string>/);
    await kubectl.run(['delete', '-f', file]);
  });

  it('reads lists in chunks, and selects by sets of labels and by fields', async () => {
    const labels = (name: string, team: string) =>
      pool(name, 0).replace(`name: ${name}`, `name: ${name}\n  labels: { team: ${team} }`);
    const teams = { c: 'red', a: 'blue', e: 'red', b: 'green', d: 'blue' };
    for (const [name, team] of Object.entries(teams)) await apply(labels(`chunk-${name}`, team));
    const shown = await kubectl.run(['get', 'rdeploy', '-l', 'team', '--chunk-size=2', '-v=6']);
    expect(shown.match(/^chunk-[a-e]/gm)).toEqual(['chunk-a', 'chunk-b', 'chunk-c', 'chunk-d', 'chunk-e']);
    expect(shown.match(/runnerdeployments\?\S*limit=2/g)).toHaveLength(3);
    expect(shown.match(/continue=[\w-]+/g)).toHaveLength(2);
    const found = async (...words: string[]): Promise<string> => {
      const text = await kubectl.run(['get', 'rdeploy', '-o', 'name', '--chunk-size=2', ...words]);
      return [...text.matchAll(/chunk-(\w)/g)].map(([, name]) => name).join('');
    };
    expect(await found('-l', 'team in (red,green)')).toBe('bce');
    expect(await found('-l', 'team notin (red,green),team')).toBe('ad');
    expect(await found('-l', 'team!=red,team')).toBe('abd');
    expect(await found('--field-selector', 'metadata.name=chunk-d')).toBe('d');
    expect(await found('-A', '-l', 'team=blue', '--field-selector', 'metadata.namespace=default')).toBe('ad');
    expect(await kubectl.refused(['get', 'rdeploy', '--field-selector', 'spec.paused=true'])).toContain(
      'field label not supported: spec.paused',
    );
    await kubectl.run(['delete', 'rdeploy', '-l', 'team in (red,green,blue)', '--cascade=foreground']);
    expect(await found()).toBe('');
  });

  it('waits for runners that are let go, and keeps them with --cascade=orphan', async () => {
    await apply(pool('kept', 1));
    await waitFor('a runner', async () => /kept-/.test(await kubectl.run(['get', 'runners', '-o', 'name'])));
    await kubectl.run(['delete', 'rdeploy', 'kept', '--cascade=orphan']);
    const sets = await kubectl.json<{ items: Resource[] }>(['get', 'rrs']);
    expect(sets.items.map(({ metadata }) => metadata.name)).toEqual([expect.stringMatching(/^kept-/)]);
    await kubectl.run(['delete', 'rrs', '--all', '--cascade=foreground']);
    await waitFor('no runner', async () => !/kept-/.test(await kubectl.run(['get', 'runners', '-o', 'name'])));
  });

  it('patches, scales, labels and edits by JSON patch', async () => {
    await apply(pool('patched', 1));
    await kubectl.run(['patch', 'rdeploy', 'patched', '--type=merge', '-p', '{"spec":{"replicas":2}}']);
    const operations = JSON.stringify([{ op: 'add', path: '/spec/template/spec/labels/-', value: 'gpu' }]);
    await kubectl.run(['patch', 'rdeploy', 'patched', '--type=json', '-p', operations]);
    await kubectl.run(['scale', 'rdeploy/patched', '--replicas=4', '--current-replicas=2']);
    const { spec } = await kubectl.json<Resource>(['get', 'rdeploy', 'patched']);
    expect([spec.replicas, spec.template.spec.labels]).toEqual([4, ['t3a.large', 'gpu']]);
    await kubectl.run(['delete', 'rdeploy', 'patched']);
  });

  it('makes Secrets, ConfigMaps and namespaces', async () => {
    await kubectl.run(['create', 'namespace', 'ci']);
    await kubectl.run(['-n', 'ci', 'create', 'secret', 'generic', 'github', '--from-literal=github_token=abc']);
    await kubectl.run(['-n', 'ci', 'create', 'configmap', 'colours', '--from-literal=sky=blue']);
    const secret = await kubectl.json<Resource>(['-n', 'ci', 'get', 'secret', 'github']);
    expect(secret.data).toEqual({ github_token: Buffer.from('abc').toString('base64') });
    expect(await kubectl.run(['-n', 'ci', 'describe', 'secret', 'github'])).toMatch(/github_token: +3 bytes/);
    await kubectl.run(['-n', 'ci', 'patch', 'configmap', 'colours', '-p', '{"data":{"sky":null,"sea":"green"}}']);
    expect((await kubectl.json<Resource>(['-n', 'ci', 'get', 'cm', 'colours'])).data).toEqual({ sea: 'green' });
    expect(await kubectl.run(['delete', 'namespace', 'ci'])).toContain('deleted');
    expect(await kubectl.run(['get', 'secrets', '-A'])).not.toContain('github');
  });

  it('explains fields', async () => {
    const text = await kubectl.run(['explain', 'rdeploy.spec.template.spec']);
    expect(text).toMatch(/repository\s+<string>/);
    expect(text).toMatch(/ephemeral\s+<boolean>/);
    expect(await kubectl.run(['explain', 'secret.data'])).toMatch(/<map\[string\]string>/);
  });

  it('names the field that is wrong', async () => {
    const wrong = ['apply', '-f', '-'];
    expect(await kubectl.refused(wrong, pool('wrong', 1, '      ephemeral: maybe\n'))).toContain('ephemeral');
    expect(await kubectl.refused(wrong, pool('wrong', 1, '      colour: red\n'))).toContain('colour');
    expect(await kubectl.refused(wrong, pool('wrong', 1, '      organization: octo\n'))).toContain(
      'spec.template.spec.repository: Invalid value',
    );
    expect(await kubectl.refused(wrong, pool('wrong', 1).replace('RunnerDeployment', 'RunnerPool'))).toContain(
      'no matches for kind "RunnerPool" in version "actions.summerwind.dev/v1alpha1"',
    );
    const autoscaler = `apiVersion: actions.summerwind.dev/v1alpha1
kind: HorizontalRunnerAutoscaler
metadata: { name: wrong }
spec: { scaleTargetRef: { name: a }, minReplicas: 5, maxReplicas: 2, metrics: [{ type: PercentageRunnersBusy, scaleUpFactor: 'x' }] }
`;
    const refusal = await kubectl.refused(wrong, autoscaler);
    expect(refusal).toContain('The HorizontalRunnerAutoscaler "wrong" is invalid');
    expect(refusal).toContain('spec.minReplicas: Invalid value: 5: must not be larger than maxReplicas, which is 2');
    expect(refusal).toContain('scaleUpFactor cannot be parsed into a float64');
  });
});
