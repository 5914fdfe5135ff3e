import { generateKeyPairSync } from 'node:crypto';
import type { Explanation } from '../src/protocol/dashboard/index.ts';
import type { RegistrationToken } from '../src/protocol/github/runners.ts';
import { encodeJitConfig, type RsaPrivateJwk } from '../src/protocol/runner/jit-config.ts';
import { call, SimulatedRunner } from '../test/support/simulated-runner.ts';
import { Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const PARKED = 1_000;
const ROUNDS = 200;

/**
 * From the moment that the job is queued (still before the commit that makes it so) until its message is back on a parked
 * poll, with 1,000 polls parked.
 */
export async function benchDispatch(): Promise<Row> {
  const installation = await Installation.start();
  try {
    const workflow = "on: workflow_dispatch\njobs: { a: { runs-on: wanted, steps: [{ run: 'true' }] } }\n";
    await installation.push('bench/dispatch', { '.github/workflows/a.yml': workflow });
    const runners = await registerRunners(installation, PARKED);
    for (const runner of runners) void runner.poll().catch(() => undefined);
    const wanted = await registerRunners(installation, ROUNDS, ['wanted'], PARKED);
    const arrivals: number[] = [];
    for (const runner of wanted) {
      const message = runner.waitForJob().then(() => performance.timeOrigin + performance.now());
      await settled(installation);
      await installation.dispatch('bench/dispatch', 'a.yml');
      arrivals.push(await message);
    }
    const samples: number[] = [];
    for (const [index, arrivedMs] of arrivals.entries())
      samples.push(arrivedMs - (await queuedAtMs(installation, index + 1)));
    for (const runner of [...runners, ...wanted]) runner.die();
    return durations(`queued job -> message on a parked poll, ${PARKED} parked`, samples, { p50: 5, p99: 25 });
  } finally {
    await installation.close();
  }
}

async function queuedAtMs(installation: Installation, runId: number): Promise<number> {
  const { jobs } = await installation.rest<Explanation>('GET', `/switchyard/v1/runs/${runId}/explanation`);
  const ready = jobs?.[0]?.history.find(({ text }) => text.startsWith('Ready'));
  if (!ready) throw new Error(`the job of run ${runId} was never queued`);
  return Date.parse(ready.at);
}

/** One read of the server: whatever it was sent before has been taken in. */
async function settled(installation: Installation): Promise<void> {
  await installation.rest('GET', '/switchyard/v1/server');
}

/** All with one key: making a thousand would take minutes, and is not what is measured. */
async function registerRunners(
  installation: Installation,
  count: number,
  labels = ['other'],
  first = 0,
): Promise<SimulatedRunner[]> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ format: 'jwk' }) as RsaPrivateJwk;
  const xml = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  const runners: SimulatedRunner[] = [];
  const path = '/api/v3/enterprises/switchyard/actions/runners/registration-token';
  const { token } = await installation.rest<RegistrationToken>('POST', path);
  for (let index = first; index < first + count; index++) {
    const { body } = await call<{
      id: number;
      authorization: Record<'authorization_url' | 'server_url' | 'client_id', string>;
    }>('POST', `${installation.url}/api/v3/actions/runners/register`, {
      authorization: `RemoteAuth ${token}`,
      json: {
        url: installation.url,
        name: `parked-${index}`,
        labels: labels.map((name) => ({ name })),
        public_key: `<RSAKeyValue><Modulus>${xml(key.n)}</Modulus><Exponent>${xml(key.e)}</Exponent></RSAKeyValue>`,
      },
    });
    const runner = new SimulatedRunner(jitConfig(body.id, `parked-${index}`, body.authorization, key));
    await runner.connect();
    runners.push(runner);
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
