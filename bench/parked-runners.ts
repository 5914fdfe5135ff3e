/** Runners that only poll. */
import { generateKeyPairSync } from 'node:crypto';
import type { RegistrationToken } from '../src/protocol/github/runners.ts';
import { encodeJitConfig, type RsaPrivateJwk } from '../src/protocol/runner/jit-config.ts';
import { call, SimulatedRunner } from '../test/support/simulated-runner.ts';
import type { Installation } from './installation.ts';

const AT_ONCE = 16;

/** All with one key: making a thousand would take minutes, and is not what is measured. */
export async function registerRunners(
  installation: Installation,
  count: number,
  labels = ['other'],
  first = 0,
): Promise<SimulatedRunner[]> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ format: 'jwk' }) as RsaPrivateJwk;
  const xml = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  const path = '/api/v3/enterprises/switchyard/actions/runners/registration-token';
  const { token } = await installation.rest<RegistrationToken>('POST', path);
  const register = async (name: string): Promise<SimulatedRunner> => {
    const { body } = await call<{
      id: number;
      authorization: Record<'authorization_url' | 'server_url' | 'client_id', string>;
    }>('POST', `${installation.url}/api/v3/actions/runners/register`, {
      authorization: `RemoteAuth ${token}`,
      json: {
        url: installation.url,
        name,
        labels: labels.map((label) => ({ name: label })),
        public_key: `<RSAKeyValue><Modulus>${xml(key.n)}</Modulus><Exponent>${xml(key.e)}</Exponent></RSAKeyValue>`,
      },
    });
    const runner = new SimulatedRunner(jitConfig(body.id, name, body.authorization, key));
    await runner.connect();
    return runner;
  };
  const runners: SimulatedRunner[] = [];
  for (let next = first; next < first + count; next += AT_ONCE) {
    const names = Array.from(
      { length: Math.min(AT_ONCE, first + count - next) },
      (_, index) => `parked-${next + index}`,
    );
    runners.push(...(await Promise.all(names.map(register))));
  }
  return runners;
}

function jitConfig(
  id: number,
  name: string,
  authorization: Record<'authorization_url' | 'server_url' | 'client_id', string>,
  key: RsaPrivateJwk,
): string {
  return encodeJitConfig({
    runner: {
      AgentId: String(id),
      AgentName: name,
      PoolId: '1',
      PoolName: 'Default',
      ServerUrlV2: authorization.server_url,
      UseV2Flow: 'true',
      GitHubUrl: '',
      WorkFolder: '_work',
      Ephemeral: 'false',
      DisableUpdate: 'true',
      IsHostedServer: 'false',
      Nonce: name,
    },
    credentials: {
      Scheme: 'OAuth',
      Data: {
        clientId: authorization.client_id,
        authorizationUrl: authorization.authorization_url,
        requireFipsCryptography: 'False',
      },
    },
    key,
  });
}
