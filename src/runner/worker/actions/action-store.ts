/** The actions of a job: downloaded, with their manifests read (SEM-15.2). */
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasErrorCode, UserError } from '../../../common/errors.ts';
import type { StepReference } from '../../../protocol/runner/job-message.ts';
import type { Json } from '../../../protocol/runner/tokens.ts';
import { toText } from '../../../workflow/expressions/index.ts';
import type { HttpClient } from '../../http.ts';
import { emptyFolder } from '../folders.ts';
import type { JobState } from '../job-state.ts';
import type { StepOutput } from '../step-output.ts';
import { isBuiltIn } from './built-in.ts';
import { askForDownloads, type RemoteAction } from './downloads-client.ts';
import type { ActionManifest } from './manifest.ts';
import { provideNodes } from './node-programs.ts';
import { usesText } from './references.ts';

export interface LoadedAction {
  manifest: ActionManifest;
  /** Folder that holds the manifest. */
  folder: string;
  /** `owner/name` and ref of a remote one; '' for one of the workspace. */
  repository: string;
  ref: string;
}

/** Composites in composites; the workflow's own steps are the first level (SEM-15.2). */
export const MAX_DEPTH = 10;
/** Steps of a job with those inside its actions: a few composites that use each other often make millions. */
const MAX_STEPS = 10_000;

type Remote = Extract<StepReference, { repositoryType: 'GitHub' }>;

export class ActionStore {
  readonly #job: JobState;
  readonly #http: HttpClient;
  readonly #folder: string;
  /** By `owner/name@ref`, as it is written: that is its folder too. */
  readonly #downloaded = new Set<string>();
  #steps = 0;

  constructor(job: JobState, http: HttpClient) {
    this.#job = job;
    this.#http = http;
    this.#folder = join(job.folders.work, '_actions');
  }

  get job(): JobState {
    return this.#job;
  }

  /** @throws UserError when the steps become too many */
  countStep(): void {
    if (++this.#steps <= MAX_STEPS) return;
    throw new UserError('actions-too-deep', `The actions of this job have more than ${MAX_STEPS} steps together.`);
  }

  /**
   * Downloads all remote actions that the steps name, and those that composites among them name.
   * @throws UserError that says which action cannot be had, or is wrong
   */
  async prepare(references: StepReference[], output: StepOutput, signal: AbortSignal): Promise<void> {
    let wanted = remotesOf(references);
    if (wanted.length === 0) return;
    // Of earlier jobs; what this one has downloaded is in use.
    if (this.#downloaded.size === 0) await emptyFolder(this.#folder);
    const nodes = new Set<string>();
    for (let depth = 0; wanted.length > 0; depth++) {
      if (depth >= MAX_DEPTH) throw tooDeep(usesText(wanted[0] as Remote));
      await this.#download(wanted, output, signal);
      const nested: StepReference[] = [];
      for (const reference of wanted) {
        const { manifest } = await this.load(reference);
        nested.push(...nestedOf(manifest));
        if (manifest.runs.using === 'node') nodes.add(manifest.runs.version);
      }
      wanted = remotesOf(nested);
    }
    // Now: what a job's container gets of them is settled when it starts.
    await provideNodes(this.#job, nodes, output, signal);
  }

  /** @throws UserError `no-action` when there is no manifest, `bad-action` when it is wrong */
  async load(reference: Extract<StepReference, { type: 'repository' }>): Promise<LoadedAction> {
    if (reference.repositoryType === 'self') {
      const folder = resolve(this.#job.folders.workspace, reference.path);
      const manifest = await manifestIn(folder, usesText(reference), workflowOrigin(this.#job));
      return { folder, repository: '', ref: '', manifest };
    }
    const folder = join(this.#placeOf(reference), reference.path ?? '');
    const manifest = await manifestIn(folder, usesText(reference), reference);
    return { folder, repository: reference.name, ref: reference.ref, manifest };
  }

  async #download(references: Remote[], output: StepOutput, signal: AbortSignal): Promise<void> {
    const wanted = new Map<string, RemoteAction>();
    for (const { name, ref } of references) {
      if (!this.#downloaded.has(keyOf({ name, ref }))) wanted.set(keyOf({ name, ref }), { name, ref });
    }
    if (wanted.size === 0) return;
    const endpoint = this.#job.variable('system.github.launch_endpoint');
    const actions = [...wanted.values()];
    if (!endpoint) {
      const named = actions.map(({ name, ref }) => `${name}@${ref}`).join(', ');
      throw new UserError('actions-refused', `The server of this job does not say where these actions are: ${named}.`);
    }
    output.print('Getting action download info');
    const downloads = await askForDownloads(this.#http, endpoint, this.#job.message, actions, signal);
    // Loaded here: jobs without actions need none of it.
    const { fetchArchive } = await import('./archive.ts');
    await Promise.all(
      downloads.map(async ({ tar_url: url, authentication, resolved_sha: sha }, index) => {
        const action = actions[index] as RemoteAction;
        const reference = `${action.name}@${action.ref}`;
        this.#job.masks.add(authentication.token);
        output.print(`Download action repository '${reference}' (SHA:${sha})`);
        await fetchArchive(this.#http, { reference, url, token: authentication.token }, this.#placeOf(action), signal);
        this.#downloaded.add(keyOf(action));
      }),
    );
  }

  #placeOf({ name, ref }: RemoteAction): string {
    return join(this.#folder, ...name.split('/'), ...ref.split('/'));
  }
}

const keyOf = ({ name, ref }: RemoteAction): string => `${name}@${ref}`;

/** Each once: composites that use each other many times over would make millions of a few. */
const remotesOf = (references: StepReference[]): Remote[] => [
  ...new Map(references.filter(isRemote).map((reference) => [usesText(reference), reference])).values(),
];

const isRemote = (reference: StepReference): reference is Remote =>
  reference.type === 'repository' && reference.repositoryType === 'GitHub' && !isBuiltIn(reference);

const nestedOf = ({ runs }: ActionManifest): StepReference[] =>
  runs.using === 'composite' ? runs.steps.map(({ reference }) => reference) : [];

/** Repository and commit of the workflow's file, which of a called one are not the run's. */
function workflowOrigin(job: JobState): RemoteAction | undefined {
  const { workflow_repository: name, workflow_sha: ref } = job.scope().contexts.job as Record<string, Json>;
  return name && ref ? { name: toText(name), ref: toText(ref) } : undefined;
}

export function tooDeep(action: string): UserError {
  return new UserError(
    'actions-too-deep',
    `${action}: actions may use others ${MAX_DEPTH} levels deep, and these go deeper or in a circle.`,
  );
}

async function manifestIn(
  folder: string,
  reference: string,
  origin: RemoteAction | undefined,
): Promise<ActionManifest> {
  const { readManifest } = await import('./manifest.ts');
  for (const name of ['action.yml', 'action.yaml']) {
    const text = await readFile(join(folder, name), 'utf8').catch(unlessMissing);
    if (text !== undefined) return readManifest(`${reference}/${name}`, text, origin);
  }
  const hasDockerfile = await access(join(folder, 'Dockerfile')).then(
    () => true,
    () => false,
  );
  if (hasDockerfile) return dockerfileAction(reference);
  throw new UserError(
    'no-action',
    `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${folder}'. Did you forget to run actions/checkout before running your local action?`,
  );
}

function unlessMissing(error: unknown): undefined {
  if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
  throw error;
}

/** SEM-17.2: a Dockerfile alone is an action too. */
const dockerfileAction = (name: string): ActionManifest => ({
  name,
  inputs: [],
  runs: { using: 'docker', image: 'Dockerfile', entrypoint: null, args: null, env: null, pre: null, post: null },
});
