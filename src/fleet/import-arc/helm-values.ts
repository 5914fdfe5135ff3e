/** Values of ARC's charts: what the chart would make of them, and what becomes of the controller's own. Pure. */
import type { ControllerDefaults } from './controller-defaults.ts';
import { CONTROLLER_SETTINGS, LEGACY_SETTINGS, type SettingNote } from './controller-settings.ts';
import { type ArcObject, at, type Fields, isFields, type Note } from './types.ts';

export interface FromValues {
  /** Of the chart, for people. */
  chart: string;
  objects: ArcObject[];
  notes: Note[];
  /** What the controller would add to objects. */
  defaults?: ControllerDefaults;
}

/** Keys by which values of the controllers are known. */
const LEGACY_KEYS = [
  'authSecret',
  'githubWebhookServer',
  'syncPeriod',
  'defaultScaleDownDelay',
  'actionsMetricsServer',
];
const CONTROLLER_KEYS = ['flags'];

/** @param release name that helm was given; undefined for a document that is no chart's values */
export function fromValues(values: Fields, release: string | undefined): FromValues | undefined {
  if (typeof values.githubConfigUrl === 'string') return scaleSetOf(values, release);
  if (LEGACY_KEYS.some((key) => key in values))
    return ofController('actions-runner-controller', values, LEGACY_SETTINGS);
  if (CONTROLLER_KEYS.some((key) => key in values)) {
    return ofController('gha-runner-scale-set-controller', values, CONTROLLER_SETTINGS);
  }
  return undefined;
}

/** Copied from values to the spec under the name on the right. */
const COPIED: Record<string, string> = {
  githubConfigUrl: 'githubConfigUrl',
  runnerGroup: 'runnerGroup',
  runnerScaleSetName: 'runnerScaleSetName',
  scaleSetLabels: 'runnerScaleSetLabels',
  minRunners: 'minRunners',
  maxRunners: 'maxRunners',
  proxy: 'proxy',
  githubServerTLS: 'githubServerTLS',
  keyVault: 'vaultConfig',
  listenerTemplate: 'listenerTemplate',
  listenerMetrics: 'listenerMetrics',
};
/** Read elsewhere in this file, or about rights and metadata that only a cluster has. */
const OTHERWISE_READ = ['githubConfigSecret', 'template', 'containerMode', 'namespaceOverride'];
const CLUSTER_ONLY = ['controllerServiceAccount', 'resourceMeta', 'labels', 'annotations'];

const NAMELESS = 'imported';

/** What the chart gha-runner-scale-set writes (fleet-semantics 10, 11.5). */
function scaleSetOf(values: Fields, release: string | undefined): FromValues {
  const notes: Note[] = [];
  const setName = typeof values.runnerScaleSetName === 'string' ? values.runnerScaleSetName : undefined;
  const name = release ?? setName ?? NAMELESS;
  if (name === NAMELESS) {
    const message = `jobs ask for the set by the name that helm was given, which values do not hold: it is called ${NAMELESS} unless --release names it`;
    notes.push({ type: 'missing', field: 'runnerScaleSetName', message });
  }
  const namespace = typeof values.namespaceOverride === 'string' ? { namespace: values.namespaceOverride } : {};
  const spec: Fields = {};
  for (const [from, to] of Object.entries(COPIED)) {
    const value = values[from];
    if (value !== undefined && value !== null && value !== '') spec[to] = value;
  }
  const secret = secretOf(values.githubConfigSecret, `${name}-github-secret`, namespace);
  if (typeof values.githubConfigSecret === 'string') spec.githubConfigSecret = values.githubConfigSecret;
  else if (secret) spec.githubConfigSecret = secret.metadata.name;
  spec.template = { spec: podOf(values) };
  for (const key of Object.keys(values)) {
    if (key in COPIED || OTHERWISE_READ.includes(key)) continue;
    const isForCluster = CLUSTER_ONLY.includes(key);
    const message = isForCluster
      ? 'left out: it is about rights and metadata in a cluster'
      : 'has no effect: no value of the chart';
    notes.push({ type: isForCluster ? 'change' : 'lost', field: key, message });
  }
  const set = {
    apiVersion: 'actions.github.com/v1alpha1',
    kind: 'AutoscalingRunnerSet',
    metadata: { name, ...namespace },
    spec,
  };
  return { chart: 'gha-runner-scale-set', objects: [...(secret ? [secret] : []), set], notes };
}

/** Credentials that are written into the values themselves. */
function secretOf(given: unknown, name: string, namespace: { namespace?: string }): ArcObject | undefined {
  if (!isFields(given)) return undefined;
  const stringData = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value ?? '')]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...namespace }, stringData };
}

const RUNNER = { name: 'runner', image: 'ghcr.io/actions/actions-runner:latest', command: ['/home/runner/run.sh'] };
const DIND = { name: 'dind', image: 'docker:dind', restartPolicy: 'Always', securityContext: { privileged: true } };
const HOOKS: Record<string, string> = {
  kubernetes: '/home/runner/k8s/index.js',
  'kubernetes-novolume': '/home/runner/k8s-novolume/index.js',
};

function podOf({ template, containerMode }: Fields): Fields {
  const given = at(template, 'spec');
  const pod: Fields = isFields(given) ? { ...given } : {};
  const containers = Array.isArray(pod.containers) && pod.containers.length > 0 ? pod.containers : [RUNNER];
  const type = String(at(containerMode, 'type') ?? '');
  if (type === 'dind') {
    const init = Array.isArray(pod.initContainers) ? pod.initContainers : [];
    return { ...pod, containers, initContainers: [...init, DIND] };
  }
  const hooks = Object.hasOwn(HOOKS, type) ? HOOKS[type] : undefined;
  if (hooks === undefined) return { ...pod, containers };
  const env = [{ name: 'ACTIONS_RUNNER_CONTAINER_HOOKS', value: hooks }];
  const claim = at(containerMode, 'kubernetesModeWorkVolumeClaim');
  const volumes = Array.isArray(pod.volumes) ? pod.volumes : [];
  const work = isFields(claim) ? [{ name: 'work', ephemeral: { volumeClaimTemplate: { spec: claim } } }] : [];
  return { ...pod, containers: containers.map((one) => withEnv(one, env)), volumes: [...volumes, ...work] };
}

function withEnv(container: unknown, added: Fields[]): unknown {
  if (!isFields(container) || container.name !== 'runner') return container;
  return { ...container, env: [...(Array.isArray(container.env) ? container.env : []), ...added] };
}

function ofController(chart: string, values: Fields, settings: readonly SettingNote[]): FromValues {
  const table = settings.flatMap(({ value: path, ...rest }) => (path === undefined ? [] : [{ path, ...rest }]));
  const told = table.filter(({ path, unless }) => {
    const value = at(values, ...path.split('.'));
    return (
      value !== undefined && value !== null && !unless.includes(value) && !(Array.isArray(value) && value.length === 0)
    );
  });
  const notes = told.map(({ path, type, message }): Note => ({ type, field: path, message }));
  const named = table.map(({ path }) => path.split('.')[0]);
  const others = Object.keys(values).filter((key) => !named.includes(key));
  if (others.length > 0) {
    notes.push({
      type: 'change',
      field: others.join(', '),
      message: 'left out: about the pod of the controller, which does not exist here',
    });
  }
  return { chart, objects: [], notes, defaults: defaultsOf(values) };
}

function defaultsOf({ defaultScaleDownDelay, dockerRegistryMirror }: Fields): ControllerDefaults {
  return {
    ...(typeof defaultScaleDownDelay === 'string' && { scaleDownDelay: defaultScaleDownDelay }),
    ...(typeof dockerRegistryMirror === 'string' && dockerRegistryMirror && { registryMirror: dockerRegistryMirror }),
  };
}
