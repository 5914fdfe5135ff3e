import { isPullSecret } from '../../resources/pull-secrets.ts';
import { FLEETS_OWN_FIELDS, RunnerSpec } from '../../resources/runner-spec.ts';
import { elementsOf, type Field, type Warn } from './fields.ts';

/** Fields of a RunnerSpec that containers of an engine can honour, or whose parts are reviewed where they are read. */
const HONOURED = new Set([
  ...FLEETS_OWN_FIELDS,
  ...[
    'image workDir dockerdWithinRunnerContainer dockerEnabled dockerMTU dockerRegistryMirror dockerVarRunVolumeSizeLimit',
    'imagePullSecrets',
    'containers env envFrom resources imagePullPolicy volumeMounts volumes',
    'dockerdContainerResources dockerEnv dockerVolumeMounts initContainers sidecarContainers',
    'runtimeClassName securityContext terminationGracePeriodSeconds hostAliases dnsConfig',
  ].flatMap((line) => line.split(' ')),
]);

/** Values that ask for just what happens anyway. */
const HARMLESS: Record<string, readonly unknown[]> = {
  volumeSizeLimit: [0, '0'],
  volumeStorageMedium: [''],
  containerMode: [''],
  automountServiceAccountToken: [false],
  enableServiceLinks: [false],
  dnsPolicy: ['Default', 'None'],
};

const NO_CLUSTER = 'has no effect: the docker backend starts runners on one engine, which is no cluster';

/** Why, where that says more than that there is no cluster. */
const REASONS: Partial<Record<keyof RunnerSpec, string>> = {
  volumeSizeLimit: 'has no effect: the docker backend sets volumes on disk no limit',
  volumeStorageMedium: 'has no effect: with the docker backend this volume is on disk',
  workVolumeClaimTemplate:
    'has no effect: with the docker backend the work folder is a volume of the engine, without a limit',
  dnsPolicy: 'has no effect: with the docker backend names are looked up as the engine does it',
};

/** One warning for each field that is set and has no effect. Fields that no backend knows are admission's to tell. */
export function reviewFields(spec: RunnerSpec, warn: Warn): void {
  for (const [field, value] of Object.entries(spec)) {
    if (value === undefined || HONOURED.has(field) || !(field in RunnerSpec.shape)) continue;
    if (!HARMLESS[field]?.includes(value)) warn(field, REASONS[field as keyof RunnerSpec] ?? NO_CLUSTER);
  }
}

export function reviewPullSecrets(field: Field, warn: Warn): void {
  for (const { path, value } of elementsOf(field)) {
    if (!isPullSecret(value)) warn(path, 'has no effect: it is the name of a Secret with logins, as {name: …}');
  }
}
