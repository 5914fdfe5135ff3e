import { type RefObject, useEffect } from 'react';

/** `j` and `k` move the focus through the elements marked `data-key-stop` in the list. */
export function useListKeys(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
      if (step === 0 || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const stops = [...(list.current?.querySelectorAll<HTMLElement>('[data-key-stop]') ?? [])];
      const at = stops.indexOf(document.activeElement as HTMLElement);
      stops[Math.min(stops.length - 1, Math.max(0, at + step))]?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [list]);
}

/** Whether keys go into a field just now. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
