/** What becomes of the settings of ARC's controllers, whether a chart's values or a program's words say them. Pure. */
import type { Note } from './types.ts';

/** Of one setting: what is told of it, unless it is as in the chart. */
export interface SettingNote {
  /** Path in the values of a chart; undefined for what only a program is told. */
  value?: string;
  /** Flag of the program, without dashes. */
  flag?: string;
  /** Variable of the program. */
  variable?: string;
  /** The default. */
  unless: readonly unknown[];
  type: Note['type'];
  message: string;
}

const GITHUB = 'the address goes to the fleet: switchyard fleet --github URL';
const ONE_PROCESS = 'one fleet does it; when it ends, the next one adopts the runners';
const OWN_TOKEN =
  'put the token into a file, for switchyard fleet --github-token-file, or an App into a Secret that githubAPICredentialsFrom names';
const NAMESPACES = 'a fleet has namespaces of its own, and serves all of them';
const METRICS = 'the fleet itself has /metrics';
const WEBHOOK_SECRET =
  'give it to the fleet as SWITCHYARD_WEBHOOK_SECRET, and let the webhook come to /webhooks/github';
const LOG = 'how much the fleet logs is said by SWITCHYARD_LOG: debug, info, warn, error or silent';
const NO_BASIC_AUTH = 'a name and a password are not sent; use a token or an App';
const WRITTEN = 'written into what names none itself';

/** Of the chart actions-runner-controller and its programs (fleet-semantics 7 and 10). */
export const LEGACY_SETTINGS: readonly SettingNote[] = [
  {
    value: 'authSecret.github_token',
    ...{ flag: 'github-token', variable: 'GITHUB_TOKEN', unless: [''], type: 'missing', message: OWN_TOKEN },
  },
  {
    value: 'authSecret.github_app_id',
    ...{ flag: 'github-app-id', variable: 'GITHUB_APP_ID', unless: [''], type: 'missing', message: OWN_TOKEN },
  },
  { flag: 'github-app-installation-id', variable: 'GITHUB_APP_INSTALLATION_ID', ...ofApp() },
  { flag: 'github-app-private-key', variable: 'GITHUB_APP_PRIVATE_KEY', ...ofApp() },
  { flag: 'github-basicauth-username', variable: 'GITHUB_BASICAUTH_USERNAME', ...ofBasicAuth() },
  { flag: 'github-basicauth-password', variable: 'GITHUB_BASICAUTH_PASSWORD', ...ofBasicAuth() },
  {
    value: 'githubEnterpriseServerURL',
    ...{ flag: 'github-enterprise-url', variable: 'GITHUB_ENTERPRISE_URL', unless: [''], type: 'missing' },
    message: GITHUB,
  },
  {
    value: 'githubURL',
    ...{ flag: 'github-url', variable: 'GITHUB_URL', unless: [''], type: 'missing', message: GITHUB },
  },
  {
    value: 'githubUploadURL',
    ...{ flag: 'github-upload-url', variable: 'GITHUB_UPLOAD_URL', unless: [''], type: 'change' },
    message: 'nothing is uploaded',
  },
  {
    value: 'runnerGithubURL',
    ...{ flag: 'runner-github-url', variable: 'GITHUB_RUNNER_GITHUB_URL', unless: [''], type: 'missing' },
    message: 'runners are given the address of the fleet: switchyard fleet --github URL',
  },
  {
    value: 'syncPeriod',
    ...{ flag: 'sync-period', unless: [], type: 'change' },
    message: 'scaling follows what is told of jobs at once; the round of each minute only repairs',
  },
  {
    value: 'defaultScaleDownDelay',
    ...{ flag: 'default-scale-down-delay', unless: ['10m', '10m0s'], type: 'change' },
    message: `${WRITTEN}: scaleDownDelaySecondsAfterScaleOut of each HorizontalRunnerAutoscaler`,
  },
  {
    value: 'image.actionsRunnerRepositoryAndTag',
    ...{ flag: 'runner-image', unless: ['summerwind/actions-runner:latest'], type: 'lost' },
    message: 'name the image in each template, or by SWITCHYARD_DOCKER_IMAGE for all',
  },
  {
    value: 'image.dindSidecarRepositoryAndTag',
    ...{ flag: 'docker-image', unless: ['docker:dind'], type: 'lost' },
    message: 'name it by SWITCHYARD_DOCKER_DIND_IMAGE',
  },
  {
    value: 'image.actionsRunnerImagePullSecrets',
    ...{ flag: 'runner-image-pull-secret', unless: [], type: 'lost' },
    message: 'name the Secret in imagePullSecrets of each template',
  },
  {
    value: 'dockerRegistryMirror',
    ...{ flag: 'docker-registry-mirror', unless: [''], type: 'change' },
    message: `${WRITTEN}: dockerRegistryMirror of each template`,
  },
  {
    flag: 'common-runner-labels',
    ...{ unless: [''], type: 'change', message: 'written into the labels of each template' },
  },
  {
    value: 'dockerGID',
    ...{ flag: 'docker-gid', unless: ['', '1001', '121'], type: 'change' },
    message: 'the group of the socket is found out',
  },
  {
    flag: 'github-api-cache-duration',
    ...{ unless: [], type: 'change' },
    message: 'answers are asked for by their version, which costs nothing of the rate limit while nothing has changed',
  },
  {
    value: 'runner.statusUpdateHook.enabled',
    ...{ flag: 'runner-status-update-hook', unless: [false, 'false'], type: 'change' },
    message: 'the status of a runner always tells its job',
  },
  {
    value: 'githubWebhookServer.enabled',
    ...{ unless: [false], type: 'change' },
    message: 'the fleet itself takes webhooks, signed with SWITCHYARD_WEBHOOK_SECRET',
  },
  {
    flag: 'github-webhook-secret-token',
    ...{ variable: 'GITHUB_WEBHOOK_SECRET_TOKEN', unless: [''], type: 'missing', message: WEBHOOK_SECRET },
  },
  {
    flag: 'queue-limit',
    ...{ unless: [], type: 'change', message: 'no webhook is turned away: each is on the disk before it is answered' },
  },
  { value: 'actionsMetricsServer.enabled', unless: [false], type: 'change', message: METRICS },
  { flag: 'metrics-addr', unless: [], type: 'change', message: METRICS },
  { value: 'replicaCount', unless: [1], type: 'change', message: ONE_PROCESS },
  { flag: 'enable-leader-election', unless: ['false'], type: 'change', message: ONE_PROCESS },
  {
    value: 'scope.singleNamespace',
    ...{ flag: 'watch-namespace', unless: [false, ''], type: 'change', message: NAMESPACES },
  },
  { flag: 'log-level', unless: [], type: 'change', message: LOG },
  { flag: 'log-format', unless: ['json'], type: 'change', message: 'the fleet logs JSON, a line for each entry' },
];

/** Of the chart gha-runner-scale-set-controller and its program. */
export const CONTROLLER_SETTINGS: readonly SettingNote[] = [
  { value: 'replicaCount', unless: [1], type: 'change', message: ONE_PROCESS },
  {
    value: 'flags.watchSingleNamespace',
    ...{ flag: 'watch-single-namespace', unless: [''], type: 'change', message: NAMESPACES },
  },
  {
    value: 'flags.updateStrategy',
    ...{ flag: 'update-strategy', unless: [], type: 'change' },
    message: 'idle runners are replaced at once, busy ones after their jobs',
  },
  { value: 'metrics', unless: [], type: 'change', message: METRICS },
];

/** Flags of the pods of ARC's controllers: about ports, and about calls to the API of a cluster. */
export const POD_FLAGS: ReadonlySet<string> = new Set([
  'auto-scaler-image-pull-secrets',
  'auto-scaling-runner-set-only',
  'exclude-label-propagation-prefix',
  'health-probe-bind-address',
  'k8s-client-rate-limiter-burst',
  'k8s-client-rate-limiter-qps',
  'leader-election-id',
  'listener-metrics-addr',
  'listener-metrics-endpoint',
  'port',
  'pprof-addr',
  'runner-max-concurrent-reconciles',
  'webhook-addr',
  'workqueue-rate-limiter',
]);

function ofApp(): Pick<SettingNote, 'unless' | 'type' | 'message'> {
  return { unless: [''], type: 'missing', message: OWN_TOKEN };
}

function ofBasicAuth(): Pick<SettingNote, 'unless' | 'type' | 'message'> {
  return { unless: [''], type: 'lost', message: NO_BASIC_AUTH };
}
