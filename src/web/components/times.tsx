import { useSyncExternalStore } from 'react';
import { durationMs, formatDuration } from '../format/duration.ts';
import { formatRelative } from '../format/relative-time.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all times on the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Renders again only when the text changes. */
const useTicking = (text: () => string): string => useSyncExternalStore(subscribe, text);

export function RelativeTime({ at }: { at: string }) {
  const text = useTicking(() => formatRelative(at, Date.now()));
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {text}
    </time>
  );
}

/** How long until something happens, counting down; nothing is left once it should have. */
export function Countdown({ to }: { to: string }) {
  const text = useTicking(() => formatDuration(Math.max(0, Date.parse(to) - Date.now())));
  return (
    <time className="duration" dateTime={to} title={new Date(to).toLocaleString()}>
      {text}
    </time>
  );
}

interface DurationProps {
  from: string | null;
  to: string | null;
}

/** How long something took, counting on while it runs; nothing before it started. */
export function Duration({ from, to }: DurationProps) {
  const text = useTicking(() => {
    const ms = durationMs(from, to, Date.now());
    return ms === null ? '' : formatDuration(ms);
  });
  return <span className="duration">{text}</span>;
}
