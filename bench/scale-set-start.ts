import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep, systemClock } from '../src/common/clock.ts';
import { silentLogger } from '../src/common/log.ts';
import { FakeBackend } from '../src/fleet/backends/fake.ts';
import type { StartRequest } from '../src/fleet/backends/types.ts';
import { CredentialPool } from '../src/fleet/credentials/credential-pool.ts';
import { Controller } from '../src/fleet/reconcilers/controller.ts';
import { EventRecorder } from '../src/fleet/store/event-recorder.ts';
import { ResourceStore } from '../src/fleet/store/resource-store.ts';
import { GitHubClient } from '../src/github/index.ts';
import { waitFor } from '../test/support/wait.ts';
import { Installation } from './installation.ts';
import { durations, type Row } from './rows.ts';

const ROUNDS = 15;
/** The server keeps two keys for JIT configs ready and makes new ones after a second of rest. */
const REST_MS = 2_000;

/** Tells when a start is asked for. */
class WatchedBackend extends FakeBackend {
  onStart: () => void = () => undefined;

  override start(request: StartRequest): Promise<void> {
    this.onStart();
    return super.start(request);
  }
}

/**
 * From the moment that an event is sent until the backend is told to start the runner for its job: event, plan, queue,
 * offer, acquire, JIT config, with a scale set at zero.
 */
export async function benchScaleSetStart(): Promise<Row> {
  const installation = await Installation.start();
  const store = new ResourceStore(join(installation.folder, 'fleet.db'), systemClock);
  const backend = new WatchedBackend();
  const github = new GitHubClient({ url: installation.url, token: installation.token });
  const controller = await Controller.start({
    store,
    events: new EventRecorder(store, systemClock),
    backend,
    credentials: new CredentialPool(store, github, systemClock),
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    const workflow = "on: workflow_dispatch\njobs: { a: { runs-on: arc, steps: [{ run: 'true' }] } }\n";
    await installation.push('bench/arc', { '.github/workflows/a.yml': workflow });
    await listen(store, installation.url);
    const samples: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) samples.push(await once(installation, backend, store));
    return durations('event -> start of a runner asked of the backend, scale set at zero', samples, { p50: 50 });
  } finally {
    await controller.close();
    store.close();
    await installation.close();
  }
}

async function listen(store: ResourceStore, url: string): Promise<void> {
  store.create('autoscalingrunnersets', {
    apiVersion: 'actions.github.com/v1alpha1',
    kind: 'AutoscalingRunnerSet',
    metadata: { name: 'arc', namespace: 'default' },
    spec: { githubConfigUrl: `${url}/bench/arc` },
  });
  await waitFor('the listener', () => {
    const [set] = store.list('autoscalingrunnersets') as { status?: { phase?: string } }[];
    return set?.status?.phase === 'Running';
  });
}

async function once(installation: Installation, backend: WatchedBackend, store: ResourceStore): Promise<number> {
  await sleep(REST_MS);
  const started = new Promise<number>((resolve) => {
    backend.onStart = () => resolve(performance.now());
  });
  const sentAt = performance.now();
  await installation.dispatch('bench/arc', 'a.yml');
  const tookMs = (await started) - sentAt;
  const [run] = await installation.runs();
  await installation.rest('POST', `/api/v3/repos/bench/arc/actions/runs/${run?.id}/cancel`);
  await waitFor('zero', async () => {
    await nextTurn();
    return store.list('ephemeralrunners').length === 0;
  });
  return tookMs;
}
