/** Where runners belong. Apart from the zod shapes, so that the label matcher stays light. */

export type RunnerScope =
  | { kind: 'repository'; owner: string; name: string }
  | { kind: 'organization'; name: string }
  | { kind: 'enterprise'; name: string };

/** The path segment that REST puts before `/actions/runners`. */
export function scopePath(scope: RunnerScope): string {
  switch (scope.kind) {
    case 'repository':
      return `/repos/${encodeURIComponent(scope.owner)}/${encodeURIComponent(scope.name)}`;
    case 'organization':
      return `/orgs/${encodeURIComponent(scope.name)}`;
    case 'enterprise':
      return `/enterprises/${encodeURIComponent(scope.name)}`;
  }
}

/** `owner/repo`, or the organization's or enterprise's name. */
export const scopeName = (scope: RunnerScope): string =>
  scope.kind === 'repository' ? `${scope.owner}/${scope.name}` : scope.name;
