/**
 * D-1, field by field: what a spec asks for has an effect or is warned of with its path, with the backends for containers and
 * for processes. Every field of the schema, and those that Kubernetes has below it, is set to what it would not be by itself.
 */
import { describe, expect, it } from 'vitest';
import { RunnerSpec } from '../resources/runner-spec.ts';
import { planPod } from './docker/plan-pod.ts';
import { environmentOf } from './process/process-backend.ts';
import { limitSettings, reviewForProcesses } from './process/review.ts';
import { workFolderOf } from './process/work-folder.ts';

/** What the fleet itself acts by, whatever the backend is: registration, credentials, the grace of a stop. */
const FLEETS_OWN = new Set(
  'enterprise organization repository labels group ephemeral githubAPICredentialsFrom terminationGracePeriodSeconds'.split(
    ' ',
  ),
);
/** Honoured beside the plan of a pod; what of them has no effect is warned of below. */
const AT_THE_START = new Set(['imagePullSecrets', 'envFrom']);
/** Of a container likewise. */
const BROUGHT = { envFrom: [{ secretRef: {} }] };

/** Where another value asks for something of a process. */
const OF_PROCESSES: Record<string, unknown> = { dockerEnabled: true };

const probe = { exec: { command: ['true'] } };
const identity = {
  runAsUser: 7,
  runAsGroup: 8,
  seLinuxOptions: { level: 's0' },
  seccompProfile: { type: 'Unconfined' },
};

/** core/v1 Container, by field; what a pod says of all containers has to differ from it. */
const CONTAINER: Record<string, unknown> = {
  image: 'image:2',
  command: ['sh'],
  args: ['-x'],
  workingDir: '/there',
  env: [{ name: 'A', value: '1' }],
  resources: { limits: { cpu: '2' } },
  volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  imagePullPolicy: 'Never',
  securityContext: { privileged: true },
  ...BROUGHT,
  volumeDevices: [{ name: 'disk', devicePath: '/dev/x' }],
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: { preStop: probe },
  restartPolicy: 'Always',
  resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
  stdin: true,
  stdinOnce: true,
  tty: true,
  terminationMessagePath: '/dev/end',
  terminationMessagePolicy: 'FallbackToLogsOnError',
};

const CONTAINER_SECURITY: Record<string, unknown> = {
  ...identity,
  privileged: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { add: ['SYS_PTRACE'], drop: ['CHOWN'] },
  runAsNonRoot: true,
  procMount: 'Unmasked',
  appArmorProfile: { type: 'Unconfined' },
  windowsOptions: { hostProcess: true },
};

const POD_SECURITY: Record<string, unknown> = {
  ...identity,
  fsGroup: 9,
  supplementalGroups: [10],
  sysctls: [{ name: 'net.core.somaxconn', value: '1' }],
  fsGroupChangePolicy: 'OnRootMismatch',
  supplementalGroupsPolicy: 'Strict',
  seLinuxChangePolicy: 'Recursive',
  runAsNonRoot: true,
  appArmorProfile: { type: 'Unconfined' },
  windowsOptions: { hostProcess: true },
};

const VOLUME_KINDS = (
  'emptyDir hostPath secret configMap downwardAPI projected ephemeral persistentVolumeClaim nfs csi iscsi fc rbd cephfs glusterfs ' +
  'image gitRepo flexVolume cinder awsElasticBlockStore gcePersistentDisk azureDisk azureFile vsphereVolume quobyte flocker ' +
  'portworxVolume photonPersistentDisk scaleIO storageos'
).split(' ');
const VOLUMES: Record<string, unknown> = {
  emptyDir: { sizeLimit: '1Gi', medium: 'HugePages' },
  hostPath: { path: '/data' },
  secret: { secretName: 's' },
  configMap: { name: 'c' },
  downwardAPI: { items: [] },
  projected: { sources: [] },
  persistentVolumeClaim: { claimName: 'c' },
};

const MOUNT: Record<string, unknown> = {
  readOnly: true,
  subPath: 'part',
  subPathExpr: '$(A)',
  mountPropagation: 'Bidirectional',
  recursiveReadOnly: 'Enabled',
};

/** One value for each field of the schema. */
const FIELDS: Record<string, unknown> = {
  enterprise: 'e',
  organization: 'o',
  repository: 'o/r',
  labels: ['big'],
  group: 'g',
  ephemeral: false,
  image: 'image:3',
  workDir: '/data/work',
  dockerdWithinRunnerContainer: true,
  dockerEnabled: false,
  dockerMTU: 1_400,
  dockerRegistryMirror: 'https://mirror.example',
  dockerVarRunVolumeSizeLimit: '5M',
  volumeSizeLimit: '1Gi',
  volumeStorageMedium: 'Memory',
  containerMode: 'kubernetes',
  githubAPICredentialsFrom: { secretRef: { name: 's' } },
  containers: [{ name: 'proxy', image: 'proxy:1' }],
  env: [{ name: 'A', value: '1' }],
  envFrom: [{ secretRef: { name: 's' } }],
  resources: { limits: { memory: '1Gi' } },
  imagePullPolicy: 'IfNotPresent',
  volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  volumes: [{ name: 'work', hostPath: { path: '/data' } }],
  dockerdContainerResources: { limits: { memory: '1Gi' } },
  dockerEnv: [{ name: 'A', value: '1' }],
  dockerVolumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  initContainers: [{ name: 'first', image: 'first:1' }],
  sidecarContainers: [{ name: 'beside', image: 'beside:1' }],
  ephemeralContainers: [{ name: 'debug' }],
  nodeSelector: { zone: 'a' },
  affinity: { nodeAffinity: {} },
  tolerations: [{ key: 'spot' }],
  topologySpreadConstraints: [{ maxSkew: 1 }],
  runtimeClassName: 'kata',
  priorityClassName: 'high',
  serviceAccountName: 'robot',
  automountServiceAccountToken: true,
  imagePullSecrets: [{ name: 's' }],
  securityContext: { runAsUser: 7 },
  terminationGracePeriodSeconds: 5,
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
  dnsPolicy: 'ClusterFirst',
  dnsConfig: { nameservers: ['10.0.0.2'] },
  enableServiceLinks: true,
  workVolumeClaimTemplate: { accessModes: ['ReadWriteOnce'] },
};

const BASE: RunnerSpec = { repository: 'octo/app', image: 'image:1', volumes: [{ name: 'shared', emptyDir: {} }] };

interface Outcome {
  effect: unknown;
  warned: string[];
}

function inContainers(spec: RunnerSpec): Outcome {
  const { warnings, ...effect } = planPod(spec, {
    owner: { fleet: '12345678-aaaa', instance: 'box' },
    serverUrl: 'https://ghe.example.com',
    image: 'localhost/switchyard-runner:1',
    dockerImage: 'docker:dind',
    network: '',
    settings: {},
    socketGroup: () => undefined,
  });
  return { effect, warned: warnings.map(({ field }) => field) };
}

const asProcess = (spec: RunnerSpec): Outcome => ({
  // Those of `envFrom` are among the variables by then.
  effect: [environmentOf(spec), spec.envFrom, limitSettings(spec), workFolderOf('box', spec)],
  warned: reviewForProcesses(spec).map(({ field }) => field),
});

/** Whether the field at `path` does something, or is named itself or by a part of it. */
function isSilent(run: (spec: RunnerSpec) => Outcome, without: RunnerSpec, spec: RunnerSpec, path: string): boolean {
  const { effect, warned } = run(spec);
  const isWarned = warned.some(
    (field) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`),
  );
  return !isWarned && JSON.stringify(effect) === JSON.stringify(run(without).effect);
}

const entries = (fields: Record<string, unknown>) => Object.entries(fields).map(([field, value]) => ({ field, value }));

describe('D-1: no field of a RunnerSpec is passed over in silence', () => {
  it('has a value here for every field of the schema', () => {
    expect(Object.keys(FIELDS).sort()).toEqual(Object.keys(RunnerSpec.shape).sort());
  });

  for (const [backend, run] of Object.entries({ docker: inContainers, process: asProcess })) {
    it(`by the ${backend} backend`, () => {
      const fields = backend === 'process' ? { ...FIELDS, ...OF_PROCESSES } : FIELDS;
      const silent = entries(fields).filter(
        ({ field, value }) =>
          !FLEETS_OWN.has(field) &&
          !(backend === 'docker' && AT_THE_START.has(field)) &&
          isSilent(run, BASE, { ...BASE, [field]: value }, field),
      );
      expect(silent).toEqual([]);
    });
  }

  for (const list of ['containers', 'initContainers', 'sidecarContainers'] as const) {
    const name = list === 'containers' ? 'runner' : 'other';
    const withOne = (more: object): RunnerSpec => ({ ...BASE, [list]: [{ name, image: 'image:1', ...more }] });

    it(`nor a field of a container in ${list}`, () => {
      const silent = entries(CONTAINER).filter(({ field, value }) =>
        isSilent(inContainers, withOne({}), withOne({ [field]: value }), `${list}[0].${field}`),
      );
      expect(silent).toEqual([]);
    });

    it(`nor one of the securityContext of a container in ${list}`, () => {
      const silent = entries(CONTAINER_SECURITY).filter(({ field, value }) => {
        const spec = withOne({ securityContext: { [field]: value } });
        return isSilent(inContainers, withOne({ securityContext: {} }), spec, `${list}[0].securityContext.${field}`);
      });
      expect(silent).toEqual([]);
    });
  }

  it('nor one of the securityContext of the pod', () => {
    const silent = entries(POD_SECURITY).filter(({ field, value }) => {
      const spec = { ...BASE, securityContext: { [field]: value } };
      return isSilent(inContainers, BASE, spec, `securityContext.${field}`);
    });
    expect(silent).toEqual([]);
  });

  it('nor a kind of volume', () => {
    const spec = (volume: object): RunnerSpec => ({
      ...BASE,
      volumes: [{ name: 'v', ...volume }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    });
    const silent = VOLUME_KINDS.filter((kind) => {
      const value = VOLUMES[kind] ?? { some: 'thing' };
      return isSilent(inContainers, spec({}), spec({ [kind]: value }), `volumes[0].${kind}`);
    });
    expect(silent).toEqual([]);
  });

  it('nor a field of a mount', () => {
    const spec = (more: object): RunnerSpec => ({
      ...BASE,
      volumeMounts: [{ name: 'shared', mountPath: '/shared', ...more }],
    });
    const silent = entries(MOUNT).filter(({ field, value }) =>
      isSilent(inContainers, spec({}), spec({ [field]: value }), `volumeMounts[0].${field}`),
    );
    expect(silent).toEqual([]);
  });

  it('nor what brings no variable or no login', () => {
    const spec = { ...BASE, ...BROUGHT, imagePullSecrets: [{}] };
    expect(inContainers(spec).warned).toEqual(['imagePullSecrets[0]', 'envFrom[0]']);
    expect(asProcess(spec).warned).toEqual(expect.arrayContaining(['imagePullSecrets', 'envFrom[0]']));
  });

  it('nor a profile of seccomp that is not there', () => {
    const profile = { type: 'Localhost', localhostProfile: 'mine.json' };
    const { warned } = inContainers({ ...BASE, securityContext: { seccompProfile: profile } });
    expect(warned).toEqual(['securityContext.seccompProfile']);
    expect(inContainers({ ...BASE, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }).warned).toEqual(
      [],
    );
  });
});
