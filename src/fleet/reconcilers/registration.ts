/** Registering one Runner at the server: single use by JIT config, or one that outlives its jobs (D-15). */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { OutsideError, UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import {
  findRunner,
  type GitHubClient,
  generateJitConfig,
  registerRunner,
  removeRunner,
  runnerGroupId,
  scopeUrl,
} from '../../github/index.ts';
import type { RunnerScope } from '../../protocol/github/runners.ts';
import { encodeJitConfig, type RsaPrivateJwk } from '../../protocol/runner/jit-config.ts';
import { isEphemeral, type RunnerSpec, scopeOf } from '../resources/runner-spec.ts';

export interface Registration {
  id: number;
  /** Secret: given to the backend, never stored in a resource. */
  jitConfig: string;
}

/** What the backend that is to start the runner says about it. */
export interface BackendsPart {
  /** That it adds: generate-jitconfig adds none by itself (SEM-13.3). */
  systemLabels: readonly string[];
  workFolder: string;
}

/**
 * @throws OutsideError, UserError `no-runner-group` or `runner-name-taken`
 */
export async function register(
  github: GitHubClient,
  name: string,
  spec: RunnerSpec,
  { systemLabels, workFolder }: BackendsPart,
  signal: AbortSignal,
): Promise<Registration> {
  const scope = scopeOf(spec);
  const groupId = await runnerGroupId(github, scope, spec.group, signal);
  const request = {
    github,
    scope,
    name,
    groupId,
    systemLabels: [...systemLabels],
    userLabels: ownLabels(spec, systemLabels),
    workFolder,
  };
  return isEphemeral(spec) ? registerOnce(request, signal) : registerLasting(request, signal);
}

interface Request {
  github: GitHubClient;
  scope: RunnerScope;
  name: string;
  groupId: number;
  systemLabels: string[];
  userLabels: string[];
  workFolder: string;
}

/** Labels compare without case (SEM-13.2): one that the system gives anyway is left out. */
function ownLabels({ labels = [] }: RunnerSpec, systemLabels: readonly string[]): string[] {
  const seen = new Set(systemLabels.map((label) => label.toLowerCase()));
  return labels.filter((label) => !seen.has(label.toLowerCase()) && seen.add(label.toLowerCase()));
}

async function registerOnce(request: Request, signal: AbortSignal): Promise<Registration> {
  const { github, scope, name, groupId, systemLabels, userLabels, workFolder } = request;
  const body = { name, runner_group_id: groupId, labels: [...systemLabels, ...userLabels], work_folder: workFolder };
  const generate = () => generateJitConfig(github, scope, body, signal);
  const { runner, encoded_jit_config } = await generate().catch(async (error: unknown) => {
    if (!(error instanceof OutsideError) || error.status !== 409) throw error;
    await removeStale(request, signal);
    return generate();
  });
  return { id: runner.id, jitConfig: encoded_jit_config };
}

/** Our name is taken by a registration that a crash between the server's answer and our note of it left behind. */
async function removeStale({ github, scope, name }: Request, signal: AbortSignal): Promise<void> {
  const stale = await findOffline(github, scope, name, signal);
  if (stale !== undefined) await removeRunner(github, scope, stale, signal);
}

/** @throws UserError `runner-name-taken` when a living runner has the name */
async function findOffline(
  github: GitHubClient,
  scope: RunnerScope,
  name: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const existing = await findRunner(github, scope, name, signal);
  if (!existing) return undefined;
  if (existing.status === 'offline' && !existing.busy) return existing.id;
  throw new UserError('runner-name-taken', `Another runner is registered as "${name}" and is in use.`, {
    hint: 'Give this Runner another name.',
  });
}

/** A registration of our own key, in the shape of a JIT config, so that a runner starts the same way with both. */
async function registerLasting(request: Request, signal: AbortSignal): Promise<Registration> {
  const { github, scope, name, groupId, systemLabels, userLabels, workFolder } = request;
  const key = await newRsaKey();
  const publicKey = { modulus: toBase64(key.n), exponent: toBase64(key.e) };
  const replaces = await findOffline(github, scope, name, signal);
  const answer = await registerRunner(
    github,
    scope,
    { name, groupId, systemLabels, userLabels, publicKey, replaces },
    signal,
  );
  const { client_id, authorization_url, server_url } = answer.authorization;
  const jitConfig = encodeJitConfig({
    runner: {
      AgentId: String(answer.id),
      AgentName: name,
      PoolId: String(groupId),
      PoolName: request.groupId === 1 ? 'Default' : String(groupId),
      ServerUrlV2: server_url.endsWith('/') ? server_url : `${server_url}/`,
      UseV2Flow: 'true',
      GitHubUrl: scopeUrl(github.serverUrl, scope),
      WorkFolder: workFolder,
      Ephemeral: 'false',
      DisableUpdate: 'true',
      IsHostedServer: 'false',
      Nonce: newGuid(),
    },
    credentials: {
      Scheme: 'OAuth',
      Data: { clientId: client_id, authorizationUrl: authorization_url, requireFipsCryptography: 'True' },
    },
    key,
  });
  return { id: answer.id, jitConfig };
}

/** Asynchronous on purpose: the synchronous form has hung on Node 20. */
async function newRsaKey(): Promise<RsaPrivateJwk> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { n = '', e = '', d = '', p = '', q = '', dp = '', dq = '', qi = '' } = privateKey.export({ format: 'jwk' });
  return { n, e, d, p, q, dp, dq, qi };
}

const toBase64 = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('base64');
