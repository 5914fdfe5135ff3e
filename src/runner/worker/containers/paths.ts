/** Paths in and out of a container: SEM-14.5, runner-protocol 11.7. */
export interface PathPair {
  /** Absolute path of this machine. */
  outside: string;
  /** Absolute path in the container. */
  inside: string;
}

/** Translates by the longest folder that holds a path, both ways. */
export class PathMap {
  readonly #pairs: PathPair[];

  constructor(pairs: PathPair[]) {
    this.#pairs = pairs;
  }

  /** A path that no folder holds comes back as it is. */
  inside(path: string): string {
    return translate(this.#pairs, path, 'outside', 'inside') ?? path;
  }

  outside(path: string): string {
    return translate(this.#pairs, path, 'inside', 'outside') ?? path;
  }
}

/** Undefined when none of the folders holds the path. */
export function translate(
  pairs: PathPair[],
  path: string,
  from: keyof PathPair,
  to: keyof PathPair,
): string | undefined {
  let best: PathPair | undefined;
  for (const pair of pairs) if (holds(pair[from], path) && pair[from].length > (best?.[from].length ?? -1)) best = pair;
  if (best === undefined) return undefined;
  const rest = path.slice(best[from] === '/' ? 0 : best[from].length);
  return best[to] === '/' ? rest || '/' : best[to] + (rest === '/' ? '' : rest);
}

const holds = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
