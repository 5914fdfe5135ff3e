/** One setting that the environment can give. `docs/reference/settings.md` lists exactly these. */
interface SettingDefinition {
  env: string;
  default: string;
  what: string;
  /** The fleet hands it on to the runners that it starts. */
  forRunners?: true;
}

/** Every variable that Switchyard itself reads. */
export const SETTINGS = {
  data: { env: 'SWITCHYARD_DATA', default: '.switchyard', what: 'Data folder: database, blobs, repositories, keys.' },
  host: { env: 'SWITCHYARD_HOST', default: '127.0.0.1', what: 'Address that server and fleet listen on.' },
  port: { env: 'SWITCHYARD_PORT', default: '8484', what: 'Port of the server; the fleet API takes the next one.' },
  tlsPort: {
    env: 'SWITCHYARD_TLS_PORT',
    default: '8443',
    what: 'Port of https, which the server serves beside http once there is a certificate (switchyard tls).',
  },
  publicUrl: {
    env: 'SWITCHYARD_PUBLIC_URL',
    default: '',
    what: 'URL under which runners and people reach the server, when it is not http://HOST:PORT.',
  },
  serverUrl: { env: 'SWITCHYARD_SERVER', default: '', what: 'Server that the commands talk to.' },
  fleetUrl: {
    env: 'SWITCHYARD_FLEET',
    default: '',
    what: 'Fleet API that the commands talk to, and whose pools the page shows.',
  },
  fleetTokenFile: {
    env: 'SWITCHYARD_FLEET_TOKEN_FILE',
    default: '',
    what: "File with the fleet API's token, by which the server asks it for its pools.",
  },
  token: { env: 'SWITCHYARD_TOKEN', default: '', what: 'Token that the commands send.' },
  logLevel: { env: 'SWITCHYARD_LOG', default: 'info', what: 'debug, info, warn, error or silent.' },
  jobLeaseSeconds: {
    env: 'SWITCHYARD_JOB_LEASE_SECONDS',
    default: '120',
    what: 'A running job whose runner has not renewed its lease for this long is concluded as lost.',
  },
  acquireSeconds: {
    env: 'SWITCHYARD_ACQUIRE_SECONDS',
    default: '60',
    what: 'A job that its runner has not acquired for this long is offered to another.',
  },
  webhookSecret: {
    env: 'SWITCHYARD_WEBHOOK_SECRET',
    default: '',
    what: 'Secret that webhooks from GitHub are signed with; without it none are let in.',
  },
  previousWebhookSecret: {
    env: 'SWITCHYARD_PREVIOUS_WEBHOOK_SECRET',
    default: '',
    what: 'A second secret that is taken too, while webhooks are moved from one to the next.',
  },
  runForkPulls: {
    env: 'SWITCHYARD_RUN_FORK_PULLS',
    default: 'false',
    what: 'Pull requests from forks, which webhooks tell of, start runs; their jobs see no secrets and only read.',
  },
  runOnDeletedRefs: {
    env: 'SWITCHYARD_RUN_ON_DELETED_REFS',
    default: 'false',
    what: 'A push that deletes a branch or tag starts workflows that run on push, as on GitHub.',
  },
  changedFilesLimit: {
    env: 'SWITCHYARD_CHANGED_FILES_LIMIT',
    default: '0',
    what: 'Path filters look at so many changed files only; GitHub at 300. 0 is no limit.',
  },
  rateLimit: {
    env: 'SWITCHYARD_RATE_LIMIT',
    default: '500000',
    what: 'How many requests of REST one token, or one address without a token, may make in an hour. 0 is no limit.',
  },
  connectionsPerAddress: {
    env: 'SWITCHYARD_CONNECTIONS_PER_ADDRESS',
    default: '20000',
    what: 'How many connections one address may have open; every idle runner holds one. 0 is no limit.',
  },
  builtInCheckout: {
    env: 'SWITCHYARD_BUILT_IN_CHECKOUT',
    default: 'true',
    what: 'The runner answers actions/checkout itself; false uses the real action.',
    forRunners: true,
  },
  actionsUpstream: {
    env: 'SWITCHYARD_ACTIONS_UPSTREAM',
    default: '',
    what: 'GitHub that the server fetches actions from which it does not have itself, such as https://github.com.',
  },
  actionsUpstreamToken: {
    env: 'SWITCHYARD_ACTIONS_UPSTREAM_TOKEN',
    default: '',
    what: 'Token for that GitHub, where its actions are not public.',
  },
  actionsAllowed: {
    env: 'SWITCHYARD_ACTIONS_ALLOWED',
    default: 'actions/*,github/*',
    what: 'Actions that may come from there: patterns of owner/name, separated by commas; * stands for any text.',
  },
  actionsRequireSha: {
    env: 'SWITCHYARD_ACTIONS_REQUIRE_SHA',
    default: 'false',
    what: 'true refuses actions that a workflow does not name by a full commit id.',
  },
  runnerVersion: {
    env: 'SWITCHYARD_RUNNER_VERSION',
    default: '2.336.0',
    what: "Version of GitHub's runner that ours says it is as good as: GitHub gives no jobs to those that are too old.",
    forRunners: true,
  },
  artifactRetentionDays: {
    env: 'SWITCHYARD_ARTIFACT_RETENTION_DAYS',
    default: '90',
    what: 'How long artifacts are kept, and the longest that a workflow may ask for.',
  },
  artifactMaxMb: {
    env: 'SWITCHYARD_ARTIFACT_MAX_MB',
    default: '10240',
    what: 'Largest artifact, in MiB.',
  },
  cacheMaxMb: {
    env: 'SWITCHYARD_CACHE_MAX_MB',
    default: '10240',
    what: 'What the caches of a repository may take together, in MiB; those that were not used for longest go first.',
  },
  cacheDays: {
    env: 'SWITCHYARD_CACHE_DAYS',
    default: '7',
    what: 'A cache that nobody has used for so many days is removed.',
  },
  backend: {
    env: 'SWITCHYARD_BACKEND',
    default: 'process',
    what: 'Where the fleet starts runners whose objects do not say: process, docker, or a name of the next setting.',
  },
  backendPrograms: {
    env: 'SWITCHYARD_BACKEND_PROGRAMS',
    default: '',
    what: 'Programs that start runners, as NAME=/PATH/TO/PROGRAM, separated by commas.',
  },
  warmRunners: {
    env: 'SWITCHYARD_WARM_RUNNERS',
    default: '0',
    what: 'How many processes of runners wait ahead on this machine, not registered yet; each takes about 50 MiB.',
  },
  dockerImage: {
    env: 'SWITCHYARD_DOCKER_IMAGE',
    default: '',
    what: 'Image of runners in containers whose objects name none; by default the one that deploy/runner/build.sh builds.',
  },
  dockerDindImage: {
    env: 'SWITCHYARD_DOCKER_DIND_IMAGE',
    default: 'docker:dind',
    what: 'Image of the Docker-in-Docker sidecar of such runners.',
  },
  dockerNetwork: {
    env: 'SWITCHYARD_DOCKER_NETWORK',
    default: '',
    what: 'Network of such runners; by default that of the machine while the server listens on loopback, else the default one.',
  },
  runnerBackend: {
    env: 'SWITCHYARD_RUNNER_BACKEND',
    default: '',
    what: 'What has started the runner, for the log of its jobs, such as process or docker; set by the fleet.',
    forRunners: true,
  },
  runnerImage: {
    env: 'SWITCHYARD_RUNNER_IMAGE',
    default: '',
    what: 'Image of the container or machine that the runner is in, for the log of its jobs.',
    forRunners: true,
  },
  sigintGraceMs: {
    env: 'SWITCHYARD_SIGINT_GRACE_MS',
    default: '7500',
    what: 'How long a cancelled step may take after SIGINT before the runner sends SIGTERM.',
    forRunners: true,
  },
  sigtermGraceMs: {
    env: 'SWITCHYARD_SIGTERM_GRACE_MS',
    default: '2500',
    what: 'How long a cancelled step may take after SIGTERM before the runner kills its process group.',
    forRunners: true,
  },
  jobCpus: {
    env: 'SWITCHYARD_JOB_CPUS',
    default: '',
    what: 'Cores that the processes of a job may use together, such as 1.5 or 500m; needs control groups.',
    forRunners: true,
  },
  jobMemory: {
    env: 'SWITCHYARD_JOB_MEMORY',
    default: '',
    what: 'Memory that they may use together, such as 2Gi.',
    forRunners: true,
  },
  jobPids: {
    env: 'SWITCHYARD_JOB_PIDS',
    default: '10000',
    what: 'Processes and threads that a job may have at once; 0 is no limit.',
    forRunners: true,
  },
  containerCpus: {
    env: 'SWITCHYARD_CONTAINER_CPUS',
    default: '',
    what: 'Cores for each container of a job whose options name none.',
    forRunners: true,
  },
  containerMemory: {
    env: 'SWITCHYARD_CONTAINER_MEMORY',
    default: '',
    what: 'Memory for each container of a job whose options name none.',
    forRunners: true,
  },
  containerPids: {
    env: 'SWITCHYARD_CONTAINER_PIDS',
    default: '0',
    what: 'Processes for each container of a job whose options name none; 0 is no limit.',
    forRunners: true,
  },
  diskMinFreeMb: {
    env: 'SWITCHYARD_DISK_MIN_FREE_MB',
    default: '512',
    what: 'A runner takes no job with less free space for its work folder, in MiB; first it removes what it may.',
    forRunners: true,
  },
  diskMinFreePercent: {
    env: 'SWITCHYARD_DISK_MIN_FREE_PERCENT',
    default: '0',
    what: 'The same as a share of the file system.',
    forRunners: true,
  },
  diskMinFreeInodes: {
    env: 'SWITCHYARD_DISK_MIN_FREE_INODES',
    default: '10000',
    what: 'The same for inodes.',
    forRunners: true,
  },
  externals: {
    env: 'SWITCHYARD_EXTERNALS',
    default: '',
    what: 'Folder with the Nodes for JavaScript actions; runners of a machine share it.',
    forRunners: true,
  },
  fetchNode: {
    env: 'SWITCHYARD_FETCH_NODE',
    default: 'true',
    what: 'The runner fetches the Node that a JavaScript action asks for with npm, at its first use.',
    forRunners: true,
  },
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof SETTINGS;
