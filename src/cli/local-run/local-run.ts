/** `switchyard run`: a checkout, through a server, a fleet and runners that live only for this. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { type Closable, closeAll } from '../../common/shutdown.ts';
import type { EventRequest, RunDetail, RunSummary } from '../../protocol/dashboard/index.ts';
import { ServerClient } from '../client/server-client.ts';
import { UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { interruption } from '../platform/signals.ts';
import { push } from '../snapshot/push.ts';
import { assertFolder, type Snapshot, takeSnapshot } from '../snapshot/snapshot.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import type { ResultEvent, View } from '../watch/events.ts';
import { followRuns } from '../watch/follow-runs.ts';
import { type LocalPlatform, openLocalPlatform } from './local-platform.ts';
import { NeverStarts } from './never-starts.ts';

export interface LocalRun {
  path: string;
  workflow: string | undefined;
  job: string | undefined;
  event: string;
  payload: Record<string, unknown>;
  inputs: Record<string, string>;
  secrets: Record<string, string>;
  variables: Record<string, string>;
  /** How many jobs run at once. */
  runners: number;
  keep: boolean;
}

/** How long a cancelled run may take: the runner's own patience (SEM-28) and a little. */
const CANCEL_MS = 15_000;

/** Resolves to the exit code, after everything temporary is gone. */
export async function runLocally(options: LocalRun, view: View, terminal: Terminal): Promise<number> {
  const startedAt = Date.now();
  await assertFolder(options.path);
  const scratch = await mkdtemp(join(tmpdir(), 'switchyard-run-'));
  const stop = interruption();
  const parts: Closable[] = [];
  try {
    const outcome = await runIn(scratch, options, view, parts, stop.signal);
    const result: ResultEvent = { type: 'result', ...outcome, durationMs: Date.now() - startedAt };
    view.show(result);
    return result.exitCode;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    view.show(interrupted(Date.now() - startedAt));
    return EXIT.interrupted;
  } finally {
    view.close();
    await closeAll(parts.reverse());
    if (options.keep) printLine(terminal.err, `Everything was kept in ${scratch}.`);
    else await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    stop.close();
  }
}

type Outcome = Omit<ResultEvent, 'type' | 'durationMs'>;

async function runIn(
  scratch: string,
  options: LocalRun,
  view: View,
  parts: Closable[],
  signal: AbortSignal,
): Promise<Outcome> {
  const git = join(scratch, 'git');
  await mkdir(git);
  const opening = openLocalPlatform(join(scratch, 'data'), options.runners, parts);
  // Both run at once; the one that fails first is told, when the other is at rest.
  const [platform, snapshot] = await bothOf(opening, takeSnapshot(resolve(options.path), { scratch: git }, signal));
  const client = new ServerClient({ url: platform.server.url, token: platform.server.adminToken });
  await push(
    { ...snapshot, server: { url: platform.server.url, token: platform.server.adminToken }, skipCi: true },
    signal,
  );
  await configure(client, snapshot.repository, options);
  signal.throwIfAborted();
  const request = eventRequest(options, snapshot);
  const { runs, notStarted } = await client.startEvent(snapshot.repository, request).catch(refuseChoice);
  for (const { file, reason } of notStarted) view.show({ type: 'not_started', file, reason });
  if (runs.length === 0) return nothingStarted(options);
  return watch(client, runs, platform, view, signal);
}

async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** Secrets and variables one after the other: they are few, and the server writes in one transaction at a time. */
async function configure(client: ServerClient, repository: string, { secrets, variables }: LocalRun): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) await client.setSecret(repository, name, value);
  for (const [name, value] of Object.entries(variables)) await client.setVariable(repository, name, value);
}

function eventRequest(options: LocalRun, { ref, sha, folder }: Snapshot): EventRequest {
  const { event, payload, job, inputs } = options;
  const workflow = options.workflow && workflowPath(options.workflow, options.path, folder);
  return { event, ref, sha, payload, ...(workflow && { workflow }), ...(job && { job }), inputs };
}

/** A file or job that is not there is a mistake in the call, not work that failed. */
function refuseChoice(error: unknown): never {
  const isChoice = error instanceof UserError && /^no-such-(workflow|job)$/.test(error.code);
  throw isChoice ? new UsageError(error.message) : error;
}

/** As the file is called in the repository: given from this folder, from the root, or by its bare name. */
function workflowPath(file: string, path: string, root: string): string {
  if (!file.includes('/')) return `.github/workflows/${file}`;
  if (file.startsWith('.github/')) return file;
  const fromRoot = relative(root, resolve(path, file));
  return fromRoot.startsWith('..') ? relative(root, resolve(file)) : fromRoot;
}

async function watch(
  client: ServerClient,
  runs: RunSummary[],
  { labels }: LocalPlatform,
  view: View,
  signal: AbortSignal,
): Promise<Outcome> {
  const never = new NeverStarts(client, labels);
  const hurry = new AbortController();
  const cancel = (): void => {
    for (const { id } of runs) client.cancelRun(id).catch(() => hurry.abort(signal.reason));
    setTimeout(() => hurry.abort(signal.reason), CANCEL_MS).unref();
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const emit = view.show.bind(view);
    const ended = await followRuns(
      client,
      runs,
      { withLogs: true, emit, onJob: (job) => never.look(job) },
      hurry.signal,
    );
    return outcomeOf(ended, await never.sentence(), signal.aborted);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function outcomeOf(ended: RunDetail[], message: string | null, isInterrupted: boolean): Outcome {
  const runs = ended.map(({ id, workflow, conclusion }) => ({ id, workflow: workflow.path, conclusion }));
  if (isInterrupted) return { conclusion: 'cancelled', exitCode: EXIT.interrupted, runs, message };
  const isGreen =
    message === null && ended.every(({ conclusion }) => conclusion === 'success' || conclusion === 'skipped');
  return { conclusion: isGreen ? 'success' : 'failure', exitCode: isGreen ? EXIT.done : EXIT.failed, runs, message };
}

function nothingStarted({ event, job }: LocalRun): Outcome {
  const what = job === undefined ? 'No workflow' : `No workflow with the job "${job}"`;
  const message = `${what} starts for the event "${event}". Choose another by -e EVENT, or a file by -W FILE.`;
  return { conclusion: 'failure', exitCode: EXIT.failed, runs: [], message };
}

const interrupted = (durationMs: number): ResultEvent => ({
  type: 'result',
  conclusion: 'cancelled',
  exitCode: EXIT.interrupted,
  durationMs,
  runs: [],
  message: null,
});
