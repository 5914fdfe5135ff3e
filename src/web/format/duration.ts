/** `<1s`, `12s`, `3m 4s`, `2h 5m 9s`: at most three units, as GitHub shows them. Clock skew counts as nothing. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms > 0 ? '<1s' : '0s';
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 3)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** How long something took, or has taken so far; `null` before it started. */
export function durationMs(startedAt: string | null, completedAt: string | null, nowMs: number): number | null {
  if (startedAt === null) return null;
  const end = completedAt === null ? nowMs : Date.parse(completedAt);
  return Math.max(0, end - Date.parse(startedAt));
}
