import { describe, expect, it } from 'vitest';
import { reviewForProcesses } from '../backends/process/review.ts';
import { admit, unhonouredFields, unknownContentFields } from './admission.ts';
import { autoscalingRunnerSetKind } from './autoscaling-runner-set.ts';
import { ephemeralRunnerKind } from './ephemeral-runner.ts';
import { carryPod } from './pod-template.ts';

const set = (spec: object) => ({
  apiVersion: 'actions.github.com/v1alpha1',
  kind: 'AutoscalingRunnerSet',
  metadata: { name: 'arc' },
  spec: { githubConfigUrl: 'https://ghes.example/octo/app', githubConfigSecret: 'pat', ...spec },
});

/** As `helm template` of ARC's chart writes it with containerMode dind, before native sidecars. */
const DIND_POD = {
  restartPolicy: 'Never',
  serviceAccountName: 'arc-no-permission',
  initContainers: [{ name: 'init-dind-externals', image: 'runner', command: ['cp'] }],
  containers: [
    {
      name: 'runner',
      command: ['/home/runner/run.sh'],
      image: 'ghcr.io/actions/actions-runner:latest',
      env: [
        { name: 'DOCKER_HOST', value: 'unix:///var/run/docker.sock' },
        { name: 'STAGE', value: 'test' },
        { name: 'RUNNER_WAIT_FOR_DOCKER_IN_SECONDS', value: '120' },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      ],
      resources: { limits: { cpu: '2', gpu: '1' } },
      volumeMounts: [
        { name: 'work', mountPath: '/home/runner/_work' },
        { name: 'dind-sock', mountPath: '/var/run' },
      ],
    },
    { name: 'dind', image: 'docker:dind', resources: { limits: { memory: '1Gi' } } },
    { name: 'postgres', image: 'postgres' },
  ],
  volumes: [
    { name: 'work', emptyDir: {} },
    { name: 'dind-sock', emptyDir: {} },
    { name: 'dind-externals', emptyDir: {} },
  ],
};

describe('the pod of a scale set as a RunnerSpec', () => {
  it("takes the runner's container, the pod's fields, and Docker in Docker without what the chart adds for it (11.5)", () => {
    const { spec, left } = carryPod({ spec: DIND_POD }, 'spec.template.spec');
    expect(spec).toEqual({
      serviceAccountName: 'arc-no-permission',
      image: 'ghcr.io/actions/actions-runner:latest',
      env: [DIND_POD.containers[0]?.env?.[1], DIND_POD.containers[0]?.env?.[3]],
      resources: { limits: { cpu: '2', gpu: '1' } },
      volumeMounts: [{ name: 'work', mountPath: '/home/runner/_work' }],
      volumes: [{ name: 'work', emptyDir: {} }],
      sidecarContainers: [{ name: 'postgres', image: 'postgres' }],
      dockerEnabled: true,
      dockerdContainerResources: { limits: { memory: '1Gi' } },
    });
    expect(left).toEqual([]);
  });

  it('knows the mode kubernetes by its hooks, and its volume for work', () => {
    const claim = { storageClassName: 'fast', accessModes: ['ReadWriteOnce'] };
    const { spec } = carryPod(
      {
        spec: {
          containers: [{ name: 'runner', env: [{ name: 'ACTIONS_RUNNER_CONTAINER_HOOKS', value: '/k8s/index.js' }] }],
          volumes: [{ name: 'work', ephemeral: { volumeClaimTemplate: { spec: claim } } }],
        },
      },
      'spec.template.spec',
    );
    expect(spec).toMatchObject({ containerMode: 'kubernetes', workVolumeClaimTemplate: claim, dockerEnabled: false });
  });

  it('tells every field without effect by the path at which it was written (D-1)', () => {
    const pod = {
      ...DIND_POD,
      hostNetwork: true,
      containers: [{ name: 'first' }, { ...DIND_POD.containers[0], ports: [] }],
      affinty: {},
    };
    const { content } = admit(
      autoscalingRunnerSetKind,
      set({
        template: { spec: pod },
        listenerMetrics: {},
        vaultConfig: {},
        proxy: { http: { url: 'http://proxy:3128', credentialSecretRef: 'user' } },
      }),
    );
    const own = autoscalingRunnerSetKind.warnings?.({ name: 'arc', spec: content.spec }, () => []);
    expect(own?.map(({ field }) => field)).toEqual([
      'spec.vaultConfig',
      'spec.proxy.http.credentialSecretRef',
      'spec.listenerMetrics',
      'spec.template.spec.hostNetwork',
      'spec.template.spec.containers[1].ports',
    ]);
    const fields = unhonouredFields(autoscalingRunnerSetKind, content.spec, reviewForProcesses).map(
      ({ field }) => field,
    );
    expect(fields).toContain('spec.template.spec.containers[1].image');
    expect(fields).toContain('spec.template.spec.containers[1].env[3].valueFrom');
    expect(fields).toContain('spec.template.spec.containers[1].resources.limits.gpu');
    expect(unknownContentFields(autoscalingRunnerSetKind, content)).toEqual(['spec.template.spec.affinty']);
  });

  it('gives runners the scope of githubConfigUrl, the proxy, and the exit code of an outdated version (NEW-8)', () => {
    const spec = {
      githubConfigUrl: 'https://ghes.example/enterprises/acme',
      runnerScaleSetId: 3,
      proxy: { https: { url: 'http://proxy:3128' }, noProxy: ['10.0.0.0/8', 'local'] },
      spec: { containers: [{ name: 'runner', env: [{ name: 'no_proxy', value: 'mine' }] }] },
    };
    expect(ephemeralRunnerKind.runnerSpec?.(spec).spec).toMatchObject({
      enterprise: 'acme',
      env: [
        { name: 'no_proxy', value: 'mine' },
        { name: 'https_proxy', value: 'http://proxy:3128' },
        { name: 'ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE', value: '1' },
      ],
    });
  });

  it.each([
    [{ githubConfigUrl: 'https://ghes.example/' }, 'spec.githubConfigUrl'],
    [{ githubConfigUrl: 'octo/app' }, 'spec.githubConfigUrl'],
    [{ minRunners: 3, maxRunners: 2 }, 'spec.maxRunners'],
    [{ minRunners: -1 }, 'spec.minRunners'],
    [{ template: { spec: { containers: [{ name: 'main' }] } } }, 'spec.template.spec.containers'],
    [{ template: { spec: { containers: [{ name: 'runner', image: 7 }] } } }, 'spec.template.spec.containers[0].image'],
    [{ template: { spec: { terminationGracePeriodSeconds: -1 } } }, 'spec.template.spec.terminationGracePeriodSeconds'],
  ])('refuses %j, naming %s', (spec, field) => {
    try {
      admit(autoscalingRunnerSetKind, set(spec));
      expect.unreachable();
    } catch (error) {
      expect((error as { causes?: { field: string }[] }).causes?.map((cause) => cause.field)).toEqual([field]);
    }
  });
});
