import { GitBranchIcon, GitCommitIcon, TagIcon } from '@primer/octicons-react';
import { refName } from '../format/ref.ts';

const icons = { branch: GitBranchIcon, tag: TagIcon, other: GitCommitIcon };

/** A branch or tag by its short name. */
export function RefLabel({ gitRef }: { gitRef: string }) {
  const { kind, name } = refName(gitRef);
  const Icon = icons[kind];
  return (
    <span className="ref" title={gitRef}>
      <Icon size={12} />
      <span className="ref-name">{name}</span>
    </span>
  );
}
