import { useCallback, useEffect, useState } from 'react';

/** A step, or a line of it, that the address points at. */
export interface LineTarget {
  step: number;
  line?: number;
}

/** Reads `#step:2:15` or `#step:2`. */
export function parseLineLink(hash: string): LineTarget | undefined {
  const match = /^#step:(\d{1,6})(?::(\d{1,9}))?$/.exec(hash);
  if (!match) return undefined;
  return match[2] === undefined ? { step: Number(match[1]) } : { step: Number(match[1]), line: Number(match[2]) };
}

export function lineLink({ step, line }: LineTarget): string {
  return line === undefined ? `#step:${step}` : `#step:${step}:${line}`;
}

interface LineLink {
  target: LineTarget | undefined;
  /** True until the page has scrolled there. */
  isPending: boolean;
  arrived: () => void;
  /** Points the address at a line that is on the screen already. */
  choose: (target: LineTarget) => void;
  /** Points the address at a line and scrolls there. */
  goTo: (target: LineTarget) => void;
}

export function useLineLink(): LineLink {
  const [link, setLink] = useState(() => read());
  useEffect(() => {
    const onHash = () => setLink(read());
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const arrived = useCallback(() => setLink((old) => ({ ...old, isPending: false })), []);
  const point = useCallback((target: LineTarget, isPending: boolean) => {
    // Not `location.hash`: the browser would look for an element to scroll to, and add a step to "back" for each line.
    history.replaceState(history.state, '', lineLink(target));
    setLink({ target, isPending });
  }, []);
  const choose = useCallback((target: LineTarget) => point(target, false), [point]);
  const goTo = useCallback((target: LineTarget) => point(target, true), [point]);
  return { ...link, arrived, choose, goTo };
}

function read(): { target: LineTarget | undefined; isPending: boolean } {
  const target = parseLineLink(window.location.hash);
  return { target, isPending: target !== undefined };
}
