export function runService(_args: string[]): number {
  return 0;
}
