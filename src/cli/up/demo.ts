import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../common/package.ts';
import type { ServerClient } from '../client/server-client.ts';
import type { RunningServer } from '../platform/programs.ts';
import { push } from '../snapshot/push.ts';
import { takeSnapshot } from '../snapshot/snapshot.ts';
import { LogView } from '../terminal/log-view.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { TreeView } from '../terminal/tree-view.ts';
import type { View } from '../watch/events.ts';
import { followRuns } from '../watch/follow-runs.ts';

const DEMO_REPOSITORY = 'demo/hello';
/** Also the title of its run. */
const DEMO_MESSAGE = 'Say hello';

/**
 * Pushes examples/hello as any repository is pushed, and shows its run.
 * @param pushed called when the push has been taken
 */
export async function runDemo(
  server: RunningServer,
  client: ServerClient,
  terminal: Terminal,
  signal: AbortSignal,
  pushed: () => Promise<void>,
): Promise<void> {
  printLine(terminal.out, `Pushing examples/hello to ${DEMO_REPOSITORY} …`);
  await pushHello(server, signal);
  await pushed();
  const { runs } = await client.runs({ repository: DEMO_REPOSITORY });
  const view: View = terminal.interactive ? new TreeView(terminal) : new LogView(terminal);
  const startedAt = Date.now();
  try {
    const ended = await followRuns(client, runs, { withLogs: false, emit: (event) => view.show(event) }, signal);
    const isGreen = ended.length > 0 && ended.every(({ conclusion }) => conclusion === 'success');
    view.show({
      type: 'result',
      conclusion: isGreen ? 'success' : 'failure',
      exitCode: isGreen ? 0 : 1,
      durationMs: Date.now() - startedAt,
      runs: ended.map(({ id, workflow, conclusion }) => ({ id, workflow: workflow.path, conclusion })),
      message: ended.length > 0 ? null : 'The push started no run.',
    });
  } finally {
    view.close();
  }
  for (const { id } of runs) printLine(terminal.out, `${server.url}/runs/${id}`);
}

async function pushHello(server: RunningServer, signal: AbortSignal): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'switchyard-demo-'));
  try {
    const snapshot = await takeSnapshot(
      join(packageRoot, 'examples', 'hello'),
      { scratch, message: DEMO_MESSAGE },
      signal,
    );
    const target = { url: server.url, token: server.adminToken };
    await push({ ...snapshot, server: target, repository: DEMO_REPOSITORY, skipCi: false }, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
