/** Entry point of `switchyard runner`; loads no more than an idle runner needs. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../common/clock.ts';
import { errorText, UserError } from '../common/errors.ts';
import { builtProgram, version } from '../common/package.ts';
import { numberSetting } from '../common/settings.ts';
import { decodeJitConfig } from '../protocol/runner/jit-config.ts';
import { openDiagnostics } from './diagnostics.ts';
import { HELP, readArguments } from './listener/cli.ts';
import { ExitCode, ListenerEnd } from './listener/errors.ts';
import { Listener } from './listener/listener.ts';

// Whoever started the runner may stop reading what it says.
process.stdout.on('error', () => undefined);

async function main(args: string[]): Promise<number> {
  const given = await readArguments(args, process.stdin);
  if (given.help) {
    process.stdout.write(HELP);
    return ExitCode.normal;
  }
  const config = decodeJitConfig(given.jitConfig);
  const root = makeRoot(given.root);
  const { AgentId, AgentName, PoolName, WorkFolder } = config.runner;
  const listener = new Listener({
    config,
    runner: { id: AgentId, name: AgentName, groupName: PoolName, version, root, workFolder: resolve(root, WorkFolder) },
    grace: {
      sigintMs: numberSetting('sigintGraceMs', 0, 600_000),
      sigtermMs: numberSetting('sigtermGraceMs', 0, 600_000),
    },
    workerProgram: builtProgram('worker.js'),
    clock: systemClock,
    diagnostics: openDiagnostics('Runner', root, (line) => process.stdout.write(`${line}\n`)),
  });
  let signals = 0;
  const onSignal = (): void => {
    const isSecond = ++signals > 1;
    void listener.shutdown().finally(() => isSecond && process.exit(ExitCode.terminated));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return await listener.run();
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

try {
  // process.argv: node, script, the word `runner`, options.
  process.exitCode = await main(process.argv.slice(3));
} catch (error) {
  if (error instanceof UserError || error instanceof ListenerEnd) {
    const hint = error instanceof UserError && error.hint ? ` ${error.hint}` : '';
    process.stderr.write(`${error.message}${hint}\n`);
    process.exitCode = ExitCode.usage;
  } else {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = ExitCode.terminated;
  }
}
