import { useEffect } from 'react';
import { type State, stateMark } from '../format/state.ts';

/** Colours of the icon in the browser's tab; it cannot read the page's style sheet. */
const colours: Record<State, string> = {
  waiting: '#9a6700',
  running: '#bf8700',
  success: '#1a7f37',
  failure: '#cf222e',
  cancelled: '#59636e',
  skipped: '#59636e',
};

/** Names the tab after the page, with the state of what it shows as a mark and as the icon's colour. */
export function useTitle(title: string, state?: State): void {
  useEffect(() => {
    document.title = `${state ? `${stateMark[state]} ` : ''}${title} · Switchyard`;
    const colour = state ? colours[state] : '#0969da';
    const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`;
    document.getElementById('favicon')?.setAttribute('href', `data:image/svg+xml,${encodeURIComponent(icon)}`);
  }, [title, state]);
}
