import type { Wall } from '../../protocol/dashboard/index.ts';

interface WallOpening {
  kind: 'label' | 'environment' | 'ref' | 'workflow';
  name: string;
}

/** What lets jobs through a wall, one of them each; none for no wall. */
export function wallOpenings(wall: Wall | null): WallOpening[] {
  if (wall === null) return [];
  const { labels, environments, refs, workflows } = wall;
  return [
    ...labels.map((name) => ({ kind: 'label' as const, name })),
    ...environments.map((name) => ({ kind: 'environment' as const, name })),
    ...refs.map((name) => ({ kind: 'ref' as const, name })),
    ...workflows.map((name) => ({ kind: 'workflow' as const, name })),
  ];
}
