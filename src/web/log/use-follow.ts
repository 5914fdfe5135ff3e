import { useEffect, useRef, useState } from 'react';

/** Distance from the end of the page, in pixels, that counts as being there. */
const nearEnd = 8;

/**
 * Whether the page keeps the newest line in view. Scrolling up stops it, scrolling to the end starts it again. Never
 * while nothing is running.
 */
export function useFollow(isRunning: boolean, initially: boolean): [boolean, (follow: boolean) => void] {
  const [follow, setFollow] = useState(initially);
  const lastY = useRef(0);
  useEffect(() => {
    if (!isRunning) return;
    const onScroll = () => {
      const { scrollHeight } = document.documentElement;
      const isAtEnd = window.scrollY + window.innerHeight >= scrollHeight - nearEnd;
      if (window.scrollY < lastY.current - 1 && !isAtEnd) setFollow(false);
      else if (isAtEnd && window.scrollY > lastY.current) setFollow(true);
      lastY.current = window.scrollY;
    };
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, [isRunning]);
  return [follow && isRunning, setFollow];
}
