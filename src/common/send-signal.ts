/**
 * Sends a signal to a process, or by its number below zero to the group of that number.
 * @returns false where it did not arrive: the process has ended, or is somebody else's
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
