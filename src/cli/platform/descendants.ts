import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { processFacts } from '../../common/process-facts.ts';
import { sendSignal } from '../../common/send-signal.ts';

/** Ends everything that this process started, and what that started, at once. For the second Ctrl-C only. */
export function killDescendants(): void {
  const parents = parentTable();
  const doomed = [process.pid];
  // Grows while it is walked: children of children.
  for (const parent of doomed) {
    for (const [pid, of] of parents) if (of === parent) doomed.push(pid);
  }
  for (const pid of doomed.slice(1)) sendSignal(pid, 'SIGKILL');
}

/** Process id -> its parent's. */
function parentTable(): Map<number, number> {
  try {
    return new Map(
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap(parentOf),
    );
  } catch {
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    const rows = (stdout ?? '')
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number));
    return new Map(rows.map(([pid = 0, parent = 0]) => [pid, parent]));
  }
}

function parentOf(pid: string): [number, number][] {
  const facts = processFacts(Number(pid));
  return facts ? [[Number(pid), facts.parent]] : [];
}
