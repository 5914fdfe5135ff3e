/** Entry point of `switchyard runner`; loads no more than an idle runner needs. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../common/clock.ts';
import { errorText, UserError } from '../common/errors.ts';
import { newGuid } from '../common/ids.ts';
import { builtProgram, version } from '../common/package.ts';
import { numberSetting, setting } from '../common/settings.ts';
import { decodeJitConfig } from '../protocol/runner/jit-config.ts';
import { openDiagnostics } from './diagnostics.ts';
import { HELP, type RunnerArguments, readArguments } from './listener/cli.ts';
import { ExitCode } from './listener/errors.ts';
import { Listener } from './listener/listener.ts';
import { report } from './listener/report.ts';
import { deleteRunnerFiles, loadEnvironmentFile, readRunnerFolder } from './listener/runner-folder.ts';
import type { ShutdownCause } from './listener/shutdown-cause.ts';

/** Time that a job gets to end when the program that the runner must not outlive is gone; mostly its server is too. */
const ORPHANED_MS = 5_000;

// Whoever started the runner may stop reading what it says.
process.stdout.on('error', () => undefined);

async function main(args: string[]): Promise<number> {
  const given = await readArguments(args, process.stdin);
  switch (given.command) {
    case 'help':
      process.stdout.write(HELP);
      return ExitCode.normal;
    case 'run':
      return await run(given);
    default: {
      // A program of its own: an idle runner does not carry it.
      const { ended } = (await import(builtProgram('runner-configure.cjs'))) as typeof import('./configure-main.ts');
      return await ended;
    }
  }
}

async function run(given: Extract<RunnerArguments, { command: 'run' }>): Promise<number> {
  const root = makeRoot(given.root);
  // The current folder of somebody who passes a JIT config may be anything, with an .env of its own.
  if (given.jitConfig === undefined || given.hasOwnRoot) loadEnvironmentFile(root);
  const config = given.jitConfig === undefined ? readRunnerFolder(root) : decodeJitConfig(given.jitConfig);
  const { AgentId, AgentName, PoolName, WorkFolder } = config.runner;
  const listener = new Listener({
    config,
    runner: {
      id: AgentId,
      name: AgentName,
      groupName: PoolName,
      instance: newGuid(),
      pid: process.pid,
      version,
      root,
      externals: resolve(setting('externals') || join(root, 'externals')),
      workFolder: resolve(root, WorkFolder),
    },
    grace: {
      sigintMs: numberSetting('sigintGraceMs', 0, 600_000),
      sigtermMs: numberSetting('sigtermGraceMs', 0, 600_000),
    },
    workerProgram: builtProgram('worker.cjs'),
    clock: systemClock,
    diagnostics: openDiagnostics('Runner', root, (line) => process.stdout.write(`${line}\n`)),
    isOnce: given.isOnce,
    onRegistrationEnd: () => {
      if (given.jitConfig === undefined) deleteRunnerFiles(root);
    },
  });
  const timesAsked = endWhenAsked(listener, given.stdinEnded);
  const code = await listener.run();
  // The end of what the second signal cut short may be heard of here first.
  return timesAsked() > 1 ? ExitCode.terminated : code;
}

/**
 * Asked once, in order; asked again, at once.
 * @returns how often it was asked so far
 */
function endWhenAsked(listener: Listener, stdinEnded: Promise<void> | undefined): () => number {
  let asked = 0;
  const end = (cause: ShutdownCause, forMs?: number): void => {
    const isSecond = ++asked > 1;
    void listener.shutdown(cause, forMs).finally(() => isSecond && process.exit(ExitCode.terminated));
  };
  process.on('SIGINT', () => end('SIGINT'));
  process.on('SIGTERM', () => end('SIGTERM'));
  void stdinEnded?.then(() => end('orphaned', ORPHANED_MS));
  return () => asked;
}

function makeRoot(folder: string): string {
  const root = resolve(folder);
  try {
    mkdirSync(root, { recursive: true });
    return root;
  } catch (error) {
    throw new UserError('bad-root', `The runner's folder ${root} cannot be made: ${errorText(error)}.`);
  }
}

// process.argv: node, script, the word `runner`, options. The end is not left to an empty event loop: neither the
// look-up of a server's name nor a standard input that stays open can be taken back.
void main(process.argv.slice(3))
  .catch(report)
  .then((code) => process.exit(code));
