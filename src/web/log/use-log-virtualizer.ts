import { defaultRangeExtractor, useWindowVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';
import type { RowMap } from './row-map.ts';

/** Heights in pixels, the same as in log.css; only wrapped lines differ, and they are measured. */
const lineHeight = 20;
const stepHeight = 40;
const toolbarHeight = 48;

/** Which rows exist just now, and where. The window scrolls, so that a phone can hide its address bar. */
export function useLogVirtualizer(rows: RowMap, list: RefObject<HTMLElement | null>) {
  const top = useTopOf(list);
  const virtualizer = useWindowVirtualizer({
    count: rows.count,
    estimateSize: useCallback((index: number) => (rows.headingOf(index) === index ? stepHeight : lineHeight), [rows]),
    // A row that is just going away may be measured once more.
    getItemKey: useCallback((index: number) => (index < rows.count ? rows.keyOf(index) : -index), [rows]),
    overscan: 20,
    scrollMargin: top,
    scrollPaddingStart: toolbarHeight + stepHeight,
    scrollPaddingEnd: 3 * lineHeight,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        // The heading above the view is kept, to be stuck below the toolbar.
        const heading = rows.headingOf(range.startIndex);
        const indexes = defaultRangeExtractor(range);
        return indexes[0] !== undefined && heading < indexes[0] ? [heading, ...indexes] : indexes;
      },
      [rows],
    ),
  });
  const items = virtualizer.getVirtualItems();
  const edge = (virtualizer.scrollOffset ?? 0) + toolbarHeight;
  return { virtualizer, items, top, stuck: stuckHeading(rows, items, edge) };
}

/** Row of the last heading that has been scrolled past `edge`. */
function stuckHeading(rows: RowMap, items: readonly VirtualItem[], edge: number): number | undefined {
  let stuck: number | undefined;
  for (const { index, start } of items) {
    if (start > edge) break;
    if (index < rows.count && rows.at(index).kind === 'step') stuck = index;
  }
  return stuck;
}

/** Distance of the element from the top of the page; follows what is above it. */
function useTopOf(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
