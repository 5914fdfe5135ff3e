import { describe, expect, it } from 'vitest';
import type { RunnerSpec } from '../../resources/runner-spec.ts';
import { type ContainerPlan, type Place, type PodPlan, planPod } from './plan-pod.ts';
import { withFolders } from './volumes.ts';

const PLACE: Place = {
  owner: { fleet: '12345678-aaaa', instance: 'box' },
  serverUrl: 'https://ghe.example.com',
  image: 'localhost/switchyard-runner:1',
  dockerImage: 'docker:dind',
  network: '',
  settings: { SWITCHYARD_JOB_PIDS: '500' },
  socketGroup: (path) => (path === '/var/run/docker.sock' ? 998 : undefined),
};

const plan = (spec: RunnerSpec, place: Partial<Place> = {}): PodPlan =>
  planPod({ repository: 'octo/app', ...spec }, { ...PLACE, ...place });
const sidecar = (pod: PodPlan): ContainerPlan => pod.beside.find(({ part }) => part === 'docker') as ContainerPlan;
const told = (pod: PodPlan): string[] => pod.warnings.map(({ field }) => field);

/** Values of an option that may be given several times. */
const values = ({ options }: ContainerPlan, option: string): string[] =>
  options.flatMap((word, index) => (options[index - 1] === option ? [word] : []));
/** `volume:target` of volumes of the engine, by their short names. */
const volumesOf = (container: ContainerPlan): string[] =>
  values(container, '--mount').map((mount) =>
    mount.replace(/^.*?source=(?:.*volume-)?([^,]*?),target=([^,]*).*$/, '$1:$2'),
  );

describe('the docker modes of a runner (fleet-semantics 5.1)', () => {
  it('POD-1, POD-7, POD-8: has a privileged docker sidecar by default, which shares root, work folder, socket and network', () => {
    const pod = plan({});
    const shared = ['runner:/runner', 'work:/runner/_work', 'var-run:/run'];
    expect(volumesOf(pod.runner)).toEqual(shared);
    expect(volumesOf(sidecar(pod))).toEqual(shared);
    expect(sidecar(pod)).toMatchObject({
      image: 'docker:dind',
      command: ['dockerd', '--host=unix:///run/docker.sock', '--group=121'],
    });
    expect(sidecar(pod).options).toContain('--privileged');
    expect(values(sidecar(pod), '--network')).toEqual(['container:switchyard-12345678-box']);
    expect(pod.runner.variables).toMatchObject({ DOCKER_HOST: 'unix:///run/docker.sock', DOCKER_ENABLED: 'true' });
    expect(pod.runner.options).not.toContain('--privileged');
    expect(pod.warnings).toEqual([]);
  });

  it('POD-7: the socket folder is in memory, with its size', () => {
    const mounts = values(plan({ dockerVarRunVolumeSizeLimit: '2M' }).runner, '--mount');
    expect(mounts.find((mount) => mount.includes('var-run'))).toContain('"volume-opt=o=mode=0777,size=2000000"');
  });

  it('POD-8: tells dockerd group, MTU and mirror, with what the user adds between', () => {
    const pod = plan({
      image: 'summerwind/actions-runner:ubuntu-20.04',
      dockerMTU: 1400,
      dockerRegistryMirror: 'https://mirror.example',
      containers: [{ name: 'docker', args: ['--debug'] }],
    });
    expect(sidecar(pod).command.slice(2)).toEqual([
      '--debug',
      '--group=1001',
      '--mtu',
      '1400',
      '--registry-mirror=https://mirror.example',
    ]);
    expect(sidecar(plan({ dockerEnv: [{ name: 'DOCKER_GROUP_GID', value: '7' }] })).command).toContain('--group=7');
  });

  it('POD-8: what the user runs in the place of the image gets those arguments after its own words', () => {
    const containers = [{ name: 'docker', command: ['sh', '-c', 'mount x; exec "$0" "$@"'] }];
    const docker = sidecar(plan({ containers }));
    expect(values(docker, '--entrypoint')).toEqual(['sh']);
    expect(docker.command.slice(0, 4)).toEqual([
      '-c',
      'mount x; exec "$0" "$@"',
      'dockerd',
      '--host=unix:///run/docker.sock',
    ]);
  });

  it('POD-8: with SELinux options the sidecar has those and no privileges', () => {
    const options = sidecar(plan({ securityContext: { seLinuxOptions: { level: 's0' } } })).options;
    expect(options).not.toContain('--privileged');
    expect(options).toContain('label=level:s0');
  });

  it('runs dockerd inside the runner, privileged and without a sidecar, also when dockerEnabled is false', () => {
    const pod = plan({ dockerdWithinRunnerContainer: true, dockerEnabled: false, dockerMTU: 1400 });
    expect(pod.beside).toEqual([]);
    expect(pod.runner.image).toBe('localhost/switchyard-runner:1-dind');
    expect(pod.runner.options).toContain('--privileged');
    expect(pod.runner.variables).toMatchObject({ DOCKERD_IN_RUNNER: 'true', DOCKER_ENABLED: 'true', MTU: '1400' });
    expect(pod.runner.variables.DOCKER_HOST).toBeUndefined();
  });

  it('gives Docker out of Docker the socket, and its group', () => {
    const pod = plan({
      dockerEnabled: false,
      volumes: [{ name: 'sock', hostPath: { path: '/var/run/docker.sock', type: 'Socket' } }],
      volumeMounts: [{ name: 'sock', mountPath: '/var/run/docker.sock' }],
    });
    expect(values(pod.runner, '--mount')).toContain(
      'type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock',
    );
    expect(values(pod.runner, '--group-add')).toEqual(['998']);
    expect(pod.runner.variables.DOCKER_ENABLED).toBe('false');
  });

  it('is in the network of the machine for a server on loopback; a sidecar is not, which is told', () => {
    const pod = plan({}, { network: 'host' });
    expect(values(pod.runner, '--network')).toEqual(['host']);
    expect(values(sidecar(pod), '--network')).toEqual([]);
    expect(told(pod)).toEqual(['dockerEnabled']);
    expect(told(plan({ dockerEnabled: false }, { network: 'host' }))).toEqual([]);
  });
});

describe('volumes of a runner', () => {
  it('POD-10: a volume and a mount called work replace those that would be made', () => {
    const pod = plan({
      volumes: [{ name: 'work', hostPath: { path: '/data/work' } }],
      volumeMounts: [{ name: 'work', mountPath: '/runner/_work' }],
    });
    expect(values(pod.runner, '--volume')).toEqual(['/data/work:/runner/_work']);
    expect(values(sidecar(pod), '--volume')).toContain('/data/work:/runner/_work');
    expect(volumesOf(pod.runner)).not.toContain('work:/runner/_work');
  });

  it('POD-7: a workDir of its own is one volume at the same path in both containers, which the runner is told', () => {
    const pod = plan({ workDir: '/data/work' });
    expect(volumesOf(pod.runner)).toEqual(['runner:/runner', 'work:/data/work', 'var-run:/run']);
    expect(volumesOf(sidecar(pod))).toContain('work:/data/work');
    expect(pod.runner.openFolders).toContain('/data/work');
    expect(pod.runner.variables.RUNNER_WORKDIR).toBe('/data/work');
    expect(pod.warnings).toEqual([]);
  });

  it('without a sidecar a workDir outside the root is a volume too, unless the user has mounted something there or above it', () => {
    const alone = { dockerEnabled: false, workDir: '/data/work' };
    expect(volumesOf(plan(alone).runner)).toContain('work:/data/work');
    const given = { volumes: [{ name: 'data', hostPath: { path: '/data' } }] };
    const mounted = plan({ ...alone, ...given, volumeMounts: [{ name: 'data', mountPath: '/data' }] });
    expect(volumesOf(mounted.runner)).toEqual(['runner:/runner']);
    expect(volumesOf(plan({ dockerEnabled: false, workDir: 'jobs' }).runner)).toEqual(['runner:/runner']);
    expect(plan({ dockerEnabled: false, workDir: 'jobs' }).runner.variables.RUNNER_WORKDIR).toBe('/runner/jobs');
  });

  it('5.3: an emptyDir in volumeMounts and dockerVolumeMounts is one volume in both containers', () => {
    const mounts = [{ name: 'tmp', mountPath: '/tmp' }];
    const pod = plan({
      volumes: [{ name: 'tmp', emptyDir: {} }],
      volumeMounts: mounts,
      dockerVolumeMounts: mounts,
    });
    expect(volumesOf(pod.runner)).toContain('tmp:/tmp');
    expect(volumesOf(sidecar(pod))).toContain('tmp:/tmp');
    expect(pod.runner.openFolders).toEqual(['/runner', '/runner/_work', '/tmp']);
    expect(sidecar(pod).openFolders).toEqual([]);
  });

  it('POD-6: volumeSizeLimit 0 switches the volume of the root off, unless a sidecar needs it', () => {
    expect(volumesOf(plan({ volumeSizeLimit: 0, dockerEnabled: false }).runner)).toEqual([]);
    expect(volumesOf(plan({ volumeSizeLimit: 0 }).runner)).toContain('runner:/runner');
  });

  it('keeps layers of the sidecar in a volume that goes with it, unless one is mounted there', () => {
    expect(values(sidecar(plan({})), '--volume')).toEqual(['/var/lib/docker']);
    const layers = { name: 'layers', hostPath: { path: '/data/layers' } };
    const mounts = [{ name: 'layers', mountPath: '/var/lib/docker' }];
    const pod = plan({ volumes: [layers], dockerVolumeMounts: mounts });
    expect(values(sidecar(pod), '--volume')).toEqual(['/data/layers:/var/lib/docker']);
  });
});

describe('volumes with the files of Secrets and the like', () => {
  const secret = { name: 'keys', secret: { secretName: 's' } };

  it('are mounted read-only, and filled through a container that never runs', () => {
    const { filling, runner, ...pod } = plan({
      volumes: [secret],
      volumeMounts: [{ name: 'keys', mountPath: '/keys' }],
      securityContext: { fsGroup: 7 },
    });
    const [mount] = values(runner, '--mount').filter((one) => one.includes('/keys'));
    expect(mount).toMatch(/source=switchyard-12345678-box__volume-keys,.*volume-nocopy,readonly$/);
    expect(filling).toMatchObject({ filled: ['keys'], folders: [] });
    expect(filling?.options.join(' ')).toContain('--name switchyard-12345678-box__volumes.filling --network none');
    expect(pod.fileGroup).toBe(7);
    expect(runner.openFolders).not.toContain('/keys');
    expect(pod.warnings).toEqual([]);
  });

  it('are copied where a part of one is mounted', () => {
    const mount = { name: 'keys', mountPath: '/etc/key', subPath: 'key' };
    const pod = plan({ volumes: [secret], volumeMounts: [mount] });
    expect(pod.runner.copies).toEqual([{ volume: 'keys', subPath: 'key', to: '/etc/key' }]);
    expect(volumesOf(pod.runner)).not.toContain('keys:/etc/key');
    expect(pod.filling).toBeUndefined();
  });

  it('need nothing that no container mounts', () => {
    expect(plan({ volumes: [secret] }).filling).toBeUndefined();
  });

  it('a claim is one volume for all runners of a namespace, and belongs to none of them', () => {
    const spec: RunnerSpec = {
      volumes: [{ name: 'cache', persistentVolumeClaim: { claimName: 'npm.cache' } }],
      volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
    };
    const mountIn = (instance: string): string | undefined =>
      values(plan(spec, { owner: { ...PLACE.owner, instance } }).runner, '--mount').find((one) =>
        one.includes('/cache'),
      );
    expect(mountIn('box')).toContain('source=switchyard-12345678-claim-default-npm.cache,');
    expect(mountIn('box')).toBe(mountIn('other'));
    expect(mountIn('box')).not.toContain('switchyard.instance');
    expect(mountIn('builds_box')).toContain('source=switchyard-12345678-claim-builds-npm.cache,');
    expect(mountIn('builds_box')).toContain('switchyard.claim=builds/npm.cache');
  });

  it('a part of another volume is made before, and of a folder of the machine is a path', () => {
    const pod = plan({
      dockerEnabled: false,
      volumes: [
        { name: 'disk', emptyDir: {} },
        { name: 'host', hostPath: { path: '/data' } },
      ],
      volumeMounts: [
        { name: 'disk', mountPath: '/a', subPath: 'x/y' },
        { name: 'host', mountPath: '/b', subPath: 'z' },
      ],
    });
    expect(pod.filling?.folders).toEqual(['/volumes/disk/x/y']);
    const volume = 'switchyard-12345678-box__volume-disk';
    const options = withFolders(pod.runner.options, new Map([[volume, '/engine/disk/_data']]));
    expect(options).toContain('type=bind,source=/engine/disk/_data/x/y,target=/a');
    expect(values(pod.runner, '--volume')).toEqual(['/data/z:/b']);
    expect(pod.runner.openFolders).toEqual(['/runner']);
  });
});

describe('what a container is given', () => {
  it('turns limits and requests into those of the engine', () => {
    const { options } = plan({
      resources: { limits: { cpu: '1500m', memory: '6Gi', pids: 300 }, requests: { cpu: 1, memory: '2Gi' } },
    }).runner;
    const text = options.join(' ');
    expect(text).toContain('--cpus 1.5 --memory 6442450944 --memory-swap 6442450944 --pids-limit 300');
    expect(text).toContain('--cpu-shares 1024 --memory-reservation 2147483648');
  });

  it('POD-4: what the fleet says about the runner wins over the spec, and holds no token', () => {
    const { variables } = plan({
      labels: ['gpu', 'big'],
      env: [
        { name: 'RUNNER_NAME', value: 'mine' },
        { name: 'HOME_URL', value: 'https://$(HOST)/$$(HOST)' },
        { name: 'HOST', value: 'h' },
        { name: 'AGAIN', value: '$(HOST)' },
      ],
    }).runner;
    expect(variables).toMatchObject({
      RUNNER_NAME: 'box',
      RUNNER_REPO: 'octo/app',
      RUNNER_LABELS: 'gpu,big',
      GITHUB_URL: 'https://ghe.example.com/',
      HOME_URL: 'https://$(HOST)/$(HOST)',
      AGAIN: 'h',
      SWITCHYARD_JOB_PIDS: '500',
      SWITCHYARD_RUNNER_BACKEND: 'docker',
    });
    expect(Object.keys(variables)).not.toContain('RUNNER_TOKEN');
  });

  it('POD-1: a container called runner counts before the fields of the spec', () => {
    const pod = plan({
      image: 'spec:1',
      env: [{ name: 'A', value: 'spec' }],
      resources: { limits: { cpu: 1 } },
      containers: [
        { name: 'runner', image: 'own:1', env: [{ name: 'B', value: 'own' }], command: ['sh', '-c'], args: ['go'] },
        { name: 'proxy', image: 'proxy:1' },
      ],
    });
    expect(pod.runner).toMatchObject({ image: 'own:1', command: ['-c', 'go'] });
    expect(pod.runner.variables).toMatchObject({ B: 'own' });
    expect(pod.runner.variables.A).toBeUndefined();
    expect(values(pod.runner, '--entrypoint')).toEqual(['sh']);
    expect(values(pod.runner, '--cpus')).toEqual(['1']);
    expect(pod.beside.map(({ part }) => part)).toEqual(['docker', 'proxy']);
  });

  it("pulls always, as ARC does, but never what only this engine can have; the spec's word counts before", () => {
    const policy = (spec: RunnerSpec, place: Partial<Place> = {}): string => plan(spec, place).runner.pullPolicy;
    expect(policy({ image: 'me/runner:1' })).toBe('Always');
    expect(policy({})).toBe('Never');
    expect(policy({}, { image: 'ghcr.io/me/runner:1' })).toBe('IfNotPresent');
    expect(policy({ image: 'me/runner:1', imagePullPolicy: 'IfNotPresent' })).toBe('IfNotPresent');
  });

  it('takes users, groups, names of hosts and name servers over', () => {
    const text = plan({
      securityContext: { runAsUser: 1001, runAsGroup: 7, fsGroup: 9, sysctls: [{ name: 'net.a', value: '1' }] },
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b'] }],
      dnsConfig: { nameservers: ['10.0.0.2'], searches: ['corp'], options: [{ name: 'ndots', value: '2' }] },
    }).runner.options.join(' ');
    expect(text).toContain('--user 1001:7 --group-add 9');
    expect(text).toContain('--sysctl net.a=1');
    expect(text).toContain('--add-host a:10.0.0.1 --add-host b:10.0.0.1 --dns 10.0.0.2 --dns-search corp');
    expect(text).toContain('--dns-option ndots:2');
  });
});

describe('D-1: what the docker backend cannot honour', () => {
  it('is told with its path', () => {
    const pod = plan({
      dockerEnabled: false,
      volumeSizeLimit: '5Gi',
      volumeStorageMedium: 'Memory',
      containerMode: 'kubernetes',
      nodeSelector: { zone: 'a' },
      serviceAccountName: 'robot',
      imagePullSecrets: [{ name: 'pull' }, {}],
      dnsPolicy: 'ClusterFirst',
      env: [
        { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      envFrom: [{ secretRef: { name: 's' } }],
      resources: { limits: { cpu: 'much', 'ephemeral-storage': '1Gi' }, claims: [] },
      imagePullPolicy: 'Sometimes',
      volumes: [
        { name: 'claim', nfs: { server: 's', path: '/' } },
        { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'wrong', secret: { secretName: 's', items: [{ key: 'k', path: '../k' }] } },
        { name: 'fast', emptyDir: { medium: 'Memory' } },
        { name: 'big', emptyDir: { sizeLimit: '5Gi' } },
      ],
      volumeMounts: [
        { name: 'claim', mountPath: '/claim' },
        { name: 'fast', mountPath: '/fast', subPath: 'part', mountPropagation: 'HostToContainer' },
        { name: 'big', mountPath: '/big', subPath: '/part' },
      ],
      securityContext: { runAsNonRoot: true, runAsUser: 'root' },
      containers: [{ name: 'runner', livenessProbe: {}, securityContext: { procMount: 'Unmasked' } }],
      initContainers: [{ name: 'first', image: 'a:1', lifecycle: {} }],
    });
    expect(told(pod).sort()).toEqual(
      [
        'volumeSizeLimit',
        'volumeStorageMedium',
        'containerMode',
        'nodeSelector',
        'serviceAccountName',
        'imagePullSecrets[1]',
        'dnsPolicy',
        'env[0].valueFrom',
        'resources.limits.cpu',
        'resources.limits.ephemeral-storage',
        'resources.claims',
        'imagePullPolicy',
        'volumes[0].nfs',
        'volumes[1].projected.sources[0]',
        'volumes[2].secret.items[0].path',
        'volumes[4].emptyDir.sizeLimit',
        'volumeMounts[0]',
        'volumeMounts[1].mountPropagation',
        'volumeMounts[1].subPath',
        'volumeMounts[2].subPath',
        'securityContext.runAsNonRoot',
        'securityContext.runAsUser',
        'containers[0].livenessProbe',
        'containers[0].securityContext.procMount',
        'initContainers[0].lifecycle',
      ].sort(),
    );
    expect(pod.warnings.every(({ message }) => message.startsWith('has no effect: '))).toBe(true);
  });

  it('is nothing for the YAML of ARC that asks for what happens anyway', () => {
    const quiet = plan({
      dockerEnabled: false,
      workDir: '/runner/_work',
      volumeStorageMedium: '',
      containerMode: '',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 110,
      labels: ['t3a.large'],
      ephemeral: true,
    });
    expect(quiet.warnings).toEqual([]);
  });
});
