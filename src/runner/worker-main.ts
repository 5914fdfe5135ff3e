/** Entry point of a worker: one job, given over IPC by the listener that forked it. */
import { ControlGroup } from '../common/control-groups/index.ts';
import { version } from '../common/package.ts';
import { openDiagnostics } from './diagnostics.ts';
import { exitCodeOf, type ToWorker } from './job-channel.ts';
import { killAllProcesses } from './process.ts';
import { Job } from './worker/job.ts';

let job: Job | undefined;
/** Set once nothing may change the outcome any more. */
let isEnding = false;

process.on('message', (message: ToWorker) => void handle(message));
process.on('disconnect', () => void listenerLost());
// The listener decides when a worker ends; signals to a whole service reach it first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Listener gone: its ends of our output pipes are gone as well.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'job':
      job = new Job(
        message,
        openDiagnostics('Worker', message.runner.root, () => undefined),
      );
      return;
    case 'start':
      return await run(message.group);
    case 'cancel':
      return job?.cancel();
    case 'shutdown':
      return job?.shutdown(message.why);
    case 'abandon':
      isEnding = true;
      await job?.abandon();
      return process.exit(exitCodeOf('abandoned'));
  }
}

async function run(group?: readonly string[]): Promise<void> {
  const result = await job?.run(group && new ControlGroup(group));
  if (isEnding || !result) return;
  isEnding = true;
  process.exit(exitCodeOf(result));
}

async function listenerLost(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await job?.listenerLost();
  process.exit(exitCodeOf('abandoned'));
}

/** A defect of ours: the listener reports the job with what is printed here. */
function crash(error: unknown): void {
  process.stderr.write(`switchyard worker ${version}: ${error instanceof Error ? error.stack : String(error)}\n`);
  killAllProcesses();
  process.exit(1);
}
