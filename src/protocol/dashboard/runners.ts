/** Runners and their walls. */

/** `GET /runners` */
export interface RunnerList {
  runners: Runner[];
}

export interface Runner {
  id: number;
  name: string;
  /** `owner/repo`, `owner`, or an enterprise's slug. */
  scope: { kind: 'repository' | 'organization' | 'enterprise'; name: string };
  group: string;
  labels: string[];
  os: string;
  version: string;
  ephemeral: boolean;
  state: 'idle' | 'busy' | 'offline';
  /** The job it holds. */
  job: { id: number; runId: number; name: string; repository: string } | null;
  lastSeenAt: string | null;
  /** Its own; a job must pass that of its group too. */
  wall: Wall | null;
  groupWall: Wall | null;
}

/**
 * Whom a runner, or the runners of a group, are kept for (SEM-13.4): jobs that name one of the exclusive labels, or
 * that come from one of the environments, refs or workflows. One of all these is enough. Four empty lists are no wall.
 * `GET`, `PUT` and `DELETE /runners/:id/wall` and `/runner-groups/:name/wall`.
 */
export interface Wall {
  labels: string[];
  environments: string[];
  /** Globs (SEM-3.5) on the full ref of the run, or on the short name of a branch or tag. */
  refs: string[];
  /**
   * The file that defines the job: `.github/workflows/deploy.yml` of its own repository, or
   * `owner/name/.github/workflows/deploy.yml`, with `@` and a glob on the ref as in `refs` if need be.
   */
  workflows: string[];
}

/** Answer about a wall. */
export interface WallState {
  wall: Wall | null;
}
