/** Processes of steps on this machine, and why one of them was killed. */
import { type ProcessExit, type ProcessOptions, type RunningProcess, startProcess } from '../../process.ts';
import { type MemoryFacts, OwnMemory, outOfMemory } from './memory.ts';

/** 128 + SIGKILL: also what a shell ends with whose child was killed. */
const KILLED = 137;

let memory: OwnMemory | undefined;

/** Starts a process that says, when it has failed, whether something else has ended it. */
export async function startOnMachine(options: ProcessOptions): Promise<RunningProcess> {
  memory ??= new OwnMemory();
  const own = memory;
  const before = own.read();
  const child = await startProcess(options);
  let isOurs = false;
  return {
    pid: child.pid,
    exited: child.exited.then((exit) => {
      if (isOurs || exit.code === 0) return exit;
      return { ...exit, reason: explainEnd(exit, before, own.read()) };
    }),
    kill() {
      isOurs = true;
      child.kill();
    },
    cancel(grace) {
      isOurs = true;
      child.cancel(grace);
    },
  };
}

/** One sentence; undefined when nothing speaks for a kill. The runner itself has sent no signal. */
export function explainEnd(
  { code, signal }: Pick<ProcessExit, 'code' | 'signal'>,
  before: MemoryFacts | undefined,
  after: MemoryFacts | undefined,
): string | undefined {
  const isKilled = code === KILLED;
  const isShort = before !== undefined && after !== undefined && after.oomKills > before.oomKills;
  if (isShort && after.of === 'group') return outOfMemory('the control group that the job runs in', after);
  // Another's process may have been meant.
  if (isShort && isKilled)
    return 'Out of memory, most likely: the kernel has ended a process of this machine for that meanwhile.';
  if (isKilled) {
    const known = after ? ', and memory was not short' : '; whether memory was short cannot be known here';
    return `Killed from outside: another process of this machine sent signal 9; this runner did not${known}.`;
  }
  const isSent = signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP';
  return isSent ? `Ended from outside: something sent it ${signal}; this runner did not.` : undefined;
}
