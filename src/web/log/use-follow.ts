import { useEffect, useRef, useState } from 'react';

/** Distance from the end of the page, in pixels, that counts as being there. */
const nearEnd = 8;

const inputs = ['wheel', 'touchmove', 'keydown', 'pointerdown', 'pointermove'] as const;

/** A scroll this long after a wheel, a touch or a key, in milliseconds, is the user's; others are the page's own. */
const userScrollMs = 1000;

interface Follow {
  follow: boolean;
  setFollow: (follow: boolean) => void;
  /** The page must not scroll against the user's hand. */
  isUserScrolling: () => boolean;
}

/**
 * Whether the page keeps the newest line in view. Scrolling up stops it, scrolling to the end starts it again. Never
 * while nothing is running.
 */
export function useFollow(isRunning: boolean, initially: boolean): Follow {
  const [follow, setFollow] = useState(initially);
  const lastY = useRef(0);
  const lastInput = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (!isRunning) return;
    const onScroll = () => {
      const { scrollHeight } = document.documentElement;
      const isAtEnd = window.scrollY + window.innerHeight >= scrollHeight - nearEnd;
      const isUsers = performance.now() - lastInput.current < userScrollMs;
      if (isUsers && window.scrollY < lastY.current && !isAtEnd) setFollow(false);
      else if (isUsers && window.scrollY > lastY.current && isAtEnd) setFollow(true);
      lastY.current = window.scrollY;
    };
    const onInput = () => {
      lastInput.current = performance.now();
    };
    const options = { passive: true };
    addEventListener('scroll', onScroll, options);
    for (const input of inputs) addEventListener(input, onInput, options);
    return () => {
      removeEventListener('scroll', onScroll);
      for (const input of inputs) removeEventListener(input, onInput);
    };
  }, [isRunning]);
  const isUserScrolling = () => performance.now() - lastInput.current < userScrollMs;
  return { follow: follow && isRunning, setFollow, isUserScrolling };
}
