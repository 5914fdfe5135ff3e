export interface RefName {
  kind: 'branch' | 'tag' | 'other';
  name: string;
}

/** What a full ref is called by people. */
export function refName(ref: string): RefName {
  if (ref.startsWith('refs/heads/')) return { kind: 'branch', name: ref.slice('refs/heads/'.length) };
  if (ref.startsWith('refs/tags/')) return { kind: 'tag', name: ref.slice('refs/tags/'.length) };
  return { kind: 'other', name: ref.replace(/^refs\//, '') };
}
