/** By whom and for what a container, network or image was made. Clean-up looks at nothing else: SEM-14.3. */
export const LABELS = {
  /** Full id of the running runner, new at each of its starts. */
  runner: 'switchyard.runner',
  /** Tracking id of the job. */
  job: 'switchyard.job',
  /** What proves that the runner lives; see `lease.ts`. */
  lease: 'switchyard.lease',
} as const;

export interface Owner {
  runner: string;
  job: string;
  lease: string;
}

/** Of an image that is built for an action. @param number `*` for all of the job */
export const actionImageName = (job: string, number: number | '*'): string => `switchyard-action:${job}-${number}`;

/** Options of `docker create` and `network create`. */
export const labelOptions = (owner: Owner): string[] =>
  (['runner', 'job', 'lease'] as const).flatMap((key) => ['--label', `${LABELS[key]}=${owner[key]}`]);
