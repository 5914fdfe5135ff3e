import type { Wall } from '../../protocol/dashboard/index.ts';

/** `jobs that name the label gpu, or of the environment production`; null for no wall (SEM-13.4). */
export function wallText(wall: Wall | null): string | null {
  if (wall === null) return null;
  const parts = [
    part('that name the label', wall.labels),
    part('of the environment', wall.environments),
    part('of the ref', wall.refs),
    part('of the workflow', wall.workflows),
  ].filter((text) => text !== '');
  return parts.length === 0 ? null : `jobs ${parts.join(', or ')}`;
}

const orList = new Intl.ListFormat('en', { type: 'disjunction' });

const part = (what: string, names: readonly string[]): string =>
  names.length === 0 ? '' : `${what} ${orList.format(names)}`;
