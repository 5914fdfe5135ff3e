/** Self-hosted runners at a GitHub, as a controller uses them. Source: runner-protocol 1.3 and 1.6. */
import { z } from 'zod';
import { OutsideError, UserError } from '../common/errors.ts';
import { version } from '../common/package.ts';
import {
  type GenerateJitConfigRequest,
  GenerateJitConfigResponse,
  RegistrationToken,
  Runner,
  RunnerPage,
  type RunnerScope,
  scopeName,
  scopePath,
} from '../protocol/github/runners.ts';
import type { GitHubClient } from './client.ts';
import { type ConditionalReads, conditionalReads } from './conditional-reads.ts';

/** GitHub's id of the group named Default, in every scope. */
const DEFAULT_GROUP_ID = 1;

const RunnerGroupPage = z.object({
  total_count: z.number().int(),
  runner_groups: z.array(z.object({ id: z.number().int(), name: z.string() })),
});

const RegisteredRunner = z.looseObject({
  id: z.number().int(),
  authorization: z.looseObject({
    authorization_url: z.url(),
    server_url: z.url(),
    client_id: z.string().min(1),
  }),
});
export type RegisteredRunner = z.infer<typeof RegisteredRunner>;

/** What happened to a registration that was asked to go. `busy`: it holds a job and stays. */
export type RemovalAnswer = 'removed' | 'absent' | 'busy' | 'forbidden';

/** A new registration for one job. Throws OutsideError 409 when the name is taken. */
export function generateJitConfig(
  client: GitHubClient,
  scope: RunnerScope,
  body: GenerateJitConfigRequest,
  signal?: AbortSignal,
): Promise<GenerateJitConfigResponse> {
  const path = `${scopePath(scope)}/actions/runners/generate-jitconfig`;
  return client.request(GenerateJitConfigResponse, { method: 'POST', path, body }, signal);
}

/** Nothing else of a runner is kept from one look to the next. */
const RunnerState = Runner.pick({ id: true, status: true, busy: true }).strip();
export type RunnerState = z.infer<typeof RunnerState>;
const RunnerStates = z.object({ total_count: z.number(), runners: z.array(RunnerState) });

/** How all runners of the scope stand. */
export function listRunners(reads: ConditionalReads, scope: RunnerScope, signal?: AbortSignal): Promise<RunnerState[]> {
  const statesOf = (page: z.infer<typeof RunnerStates>) => ({ total: page.total_count, entries: page.runners });
  return reads.pages(RunnerStates, `${scopePath(scope)}/actions/runners`, statesOf, signal);
}

/** The runner of exactly this name, compared as GitHub does: without case. */
export async function findRunner(
  client: GitHubClient,
  scope: RunnerScope,
  name: string,
  signal?: AbortSignal,
): Promise<Runner | undefined> {
  const path = `${scopePath(scope)}/actions/runners?name=${encodeURIComponent(name)}`;
  const found = await client.pages(RunnerPage, path, runnersOf, signal);
  return found.find((runner) => runner.name.toLowerCase() === name.toLowerCase());
}

/**
 * The only lock that makes a scale-down safe (fleet-semantics 2.5): after `removed` or `absent` the server never gives
 * this runner a job, `busy` means that it has one.
 */
export async function removeRunner(
  client: GitHubClient,
  scope: RunnerScope,
  id: number,
  signal?: AbortSignal,
): Promise<RemovalAnswer> {
  try {
    await client.send({ method: 'DELETE', path: `${scopePath(scope)}/actions/runners/${id}` }, signal);
    return 'removed';
  } catch (error) {
    const status = error instanceof OutsideError ? error.status : undefined;
    if (status === 404) return 'absent';
    if (status === 422) return 'busy';
    if (status === 403) return 'forbidden';
    throw error;
  }
}

/**
 * Id of the runner group called `name`; the Default group when there is no name, and for a repository at a server that
 * has no groups there (IMG-3 of fleet-semantics 6).
 * @throws UserError `no-runner-group`
 */
export async function runnerGroupId(
  client: GitHubClient,
  scope: RunnerScope,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<number> {
  if (!name || name.toLowerCase() === 'default') return DEFAULT_GROUP_ID;
  const groups = await runnerGroups(client, scope, signal);
  if (!groups) return DEFAULT_GROUP_ID;
  const group = groups.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (group) return group.id;
  throw new UserError('no-runner-group', `${scopeName(scope)} has no runner group "${name}".`, {
    hint: 'Create the group, or leave spec.group out to use the Default group.',
  });
}

/** Undefined for a repository whose server knows no groups there. Every start asks, and nearly always nothing is new. */
async function runnerGroups(client: GitHubClient, scope: RunnerScope, signal?: AbortSignal) {
  const path = `${scopePath(scope)}/actions/runner-groups`;
  const entriesOf = (page: z.infer<typeof RunnerGroupPage>) => ({
    total: page.total_count,
    entries: page.runner_groups,
  });
  try {
    return await conditionalReads(client).pages(RunnerGroupPage, path, entriesOf, signal);
  } catch (error) {
    if (scope.kind === 'repository' && error instanceof OutsideError && error.status === 404) return undefined;
    throw error;
  }
}

export interface RegistrationRequest {
  name: string;
  groupId: number;
  /** GitHub's own: `self-hosted`, operating system, architecture. */
  systemLabels: string[];
  userLabels: string[];
  /** Base64 of the RSA key's big-endian modulus and exponent. */
  publicKey: { modulus: string; exponent: string };
  /** Id of an offline registration of the same name that this one takes over. */
  replaces?: number;
}

/** A registration that outlives its jobs, with a key that only the caller knows (runner-protocol 1.3). */
export async function registerRunner(
  client: GitHubClient,
  scope: RunnerScope,
  request: RegistrationRequest,
  signal?: AbortSignal,
): Promise<RegisteredRunner> {
  const tokenPath = `${scopePath(scope)}/actions/runners/registration-token`;
  const { token } = await client.request(RegistrationToken, { method: 'POST', path: tokenPath }, signal);
  const { modulus, exponent } = request.publicKey;
  const body = {
    url: scopeUrl(client.serverUrl, scope),
    group_id: request.groupId,
    name: request.name,
    version,
    updates_disabled: true,
    ephemeral: false,
    labels: [
      ...request.systemLabels.map((name) => ({ id: 0, name, type: 'system' })),
      ...request.userLabels.map((name) => ({ id: 0, name, type: 'user' })),
    ],
    public_key: `<RSAKeyValue><Modulus>${modulus}</Modulus><Exponent>${exponent}</Exponent></RSAKeyValue>`,
    ...(request.replaces === undefined ? {} : { runner_id: request.replaces, replace: true }),
  };
  const authorization = `RemoteAuth ${token}`;
  const path = '/actions/runners/register';
  return client.request(RegisteredRunner, { method: 'POST', path, body, authorization }, signal);
}

/** The `--url` that a runner of this scope is configured with. */
export function scopeUrl(serverUrl: string, scope: RunnerScope): string {
  return `${serverUrl}/${scope.kind === 'enterprise' ? 'enterprises/' : ''}${scopeName(scope)}`;
}

const runnersOf = (page: RunnerPage) => ({ total: page.total_count, entries: page.runners });
