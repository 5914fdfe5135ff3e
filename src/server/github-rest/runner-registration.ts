/** New runners: by JIT config, and as `config.sh` of the official runner makes them (runner-protocol 1). */
import { z } from 'zod';
import { isoTime } from '../../common/clock.ts';
import { UserError } from '../../common/errors.ts';
import { newGuid } from '../../common/ids.ts';
import {
  type GenerateJitConfigRequest,
  type GenerateJitConfigResponse,
  type RunnerScope,
  scopeName,
} from '../../protocol/github/runners.ts';
import { encodeJitConfig, type RsaPrivateJwk } from '../../protocol/runner/jit-config.ts';
import {
  insertRunner,
  type RunnerGroupRow,
  type RunnerRow,
  runnerGroups,
  type StoredLabel,
} from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { runnersIn, viewRunner } from './runner-object.ts';

/** Labels that the official runner gives itself; GitHub lets nobody change them (SEM-13.3). */
const SYSTEM_LABELS = /^(self-hosted|linux|windows|macos|x64|x86|arm|arm64)$/i;

export const RegisterRequest = z.looseObject({
  url: z.string().max(2048),
  group_id: z.number().int().positive().default(1),
  name: z.string().min(1).max(64),
  version: z.string().max(64).default(''),
  ephemeral: z.boolean().default(false),
  labels: z.array(z.looseObject({ name: z.string().min(1).max(256), type: z.string().optional() })).max(100),
  public_key: z.string().max(4096),
  runner_id: z.number().int().optional(),
  replace: z.boolean().optional(),
});

/**
 * Registers an ephemeral runner.
 * @param scaleSetId that it is made for: then it takes no job of another
 * @throws UserError as `register`
 */
export async function generateJitConfig(
  context: ServerContext,
  scope: RunnerScope,
  request: GenerateJitConfigRequest,
  scaleSetId: number | null = null,
): Promise<GenerateJitConfigResponse> {
  const key = await context.runnerKeys.take();
  const { row, group } = await insertOrRefuse(context, scope, {
    name: request.name,
    groupId: request.runner_group_id,
    labels: request.labels,
    version: '',
    isEphemeral: true,
    publicKey: { kty: 'RSA', n: key.n, e: key.e },
    scaleSetId,
  });
  return {
    runner: await viewRunner(context, row),
    encoded_jit_config: jitConfigOf(context, scope, row, group.name, key, request),
  };
}

function jitConfigOf(
  context: ServerContext,
  scope: RunnerScope,
  row: RunnerRow,
  groupName: string,
  key: RsaPrivateJwk,
  request: GenerateJitConfigRequest,
): string {
  const { publicUrl } = context.settings;
  const path = scope.kind === 'enterprise' ? `enterprises/${scope.name}` : scopeName(scope);
  return encodeJitConfig({
    runner: {
      AgentId: String(row.id),
      AgentName: row.name,
      PoolId: String(row.group_id),
      PoolName: groupName,
      ServerUrlV2: `${publicUrl}/broker/`,
      UseV2Flow: 'true',
      GitHubUrl: `${publicUrl}/${path}`,
      WorkFolder: request.work_folder ?? '_work',
      Ephemeral: 'true',
      DisableUpdate: 'true',
      IsHostedServer: 'false',
      Nonce: newGuid(),
    },
    credentials: {
      Scheme: 'OAuth',
      Data: {
        clientId: row.client_id,
        authorizationUrl: `${publicUrl}/oauth/token/`,
        requireFipsCryptography: 'True',
      },
    },
    key,
  });
}

interface NewRunner {
  name: string;
  groupId: number;
  labels: string[];
  version: string;
  isEphemeral: boolean;
  publicKey: { kty: 'RSA'; n: string; e: string };
  scaleSetId?: number | null;
  /** JSON, of the runner that it takes the place of. */
  wall?: string;
}

/** @throws UserError 409 when the name is taken, 422 for an unknown group */
async function insertOrRefuse(
  context: ServerContext,
  scope: RunnerScope,
  runner: NewRunner,
): Promise<{ row: RunnerRow; group: RunnerGroupRow }> {
  const group = (await runnerGroups(context.db)).find(({ id }) => id === runner.groupId);
  if (!group) throw new UserError('no-such-group', `There is no runner group with the id ${runner.groupId}.`);
  const row = await insertRunner(context.db, {
    name: runner.name,
    scope_kind: scope.kind,
    scope_name: scopeName(scope),
    group_id: group.id,
    labels: JSON.stringify(uniqueLabels(runner.labels)),
    os: systemOf(runner.labels),
    version: runner.version,
    ephemeral: runner.isEphemeral ? 1 : 0,
    client_id: newGuid(),
    public_key: JSON.stringify(runner.publicKey),
    wall: runner.wall,
    scale_set_id: runner.scaleSetId ?? null,
    last_seen_at: null,
    created_at: isoTime(context.clock.now()),
  });
  if (!row) {
    throw new UserError('runner-exists', `Already exists - A runner with the name ${runner.name} is registered here.`, {
      status: 409,
    });
  }
  context.engine.registrations.added(row, group.name);
  return { row, group };
}

function uniqueLabels(names: string[]): StoredLabel[] {
  const unique = new Map(names.map((name) => [name.toLowerCase(), name]));
  return [...unique.values()].map((name) => ({ name, type: SYSTEM_LABELS.test(name) ? 'read-only' : 'custom' }));
}

/** Until the runner's first session says it. */
function systemOf(labels: string[]): string {
  return ['linux', 'windows', 'macos'].find((os) => labels.some((label) => label.toLowerCase() === os)) ?? 'unknown';
}

/**
 * A runner with a key of its own, in the place of one of the same name if that is wished.
 * @throws UserError 409 when the name is taken, 422 for an unknown group, a bad key, or a runner that holds a job
 */
export async function register(
  context: ServerContext,
  scope: RunnerScope,
  request: z.infer<typeof RegisterRequest>,
): Promise<RunnerRow> {
  const sameScope = request.replace ? await runnersIn(context, scope) : [];
  const replaced = sameScope.find(({ name }) => name === request.name);
  if (replaced) {
    const outcome = await context.engine.registrations.remove(replaced.id);
    if (outcome === 'busy') throw new UserError('runner-busy', `Runner "${replaced.name}" is currently running a job.`);
  }
  const { row } = await insertOrRefuse(context, scope, {
    name: request.name,
    groupId: request.group_id,
    labels: request.labels.map(({ name }) => name),
    version: request.version,
    isEphemeral: request.ephemeral,
    publicKey: parseXmlKey(request.public_key),
    // Else a machine that is set up anew would be open to everybody.
    wall: replaced?.wall,
  });
  return row;
}

/** .NET's XML form of a public key, base64 big-endian numbers, to JWK (runner-protocol 1.3). */
function parseXmlKey(xml: string): { kty: 'RSA'; n: string; e: string } {
  const [, modulus] = /<Modulus>([A-Za-z0-9+/=\s]+)<\/Modulus>/.exec(xml) ?? [];
  const [, exponent] = /<Exponent>([A-Za-z0-9+/=\s]+)<\/Exponent>/.exec(xml) ?? [];
  if (!modulus || !exponent) throw new UserError('bad-public-key', 'public_key is not an RSAKeyValue in XML.');
  const number = (base64: string): string => {
    const raw = Buffer.from(base64, 'base64');
    const start = raw.findIndex((byte) => byte !== 0);
    return raw.subarray(Math.max(0, start)).toString('base64url');
  };
  return { kty: 'RSA', n: number(modulus), e: number(exponent) };
}
