import { RocketIcon } from '@primer/octicons-react';
import type { Job } from '../../protocol/dashboard/index.ts';

/** The environment that a job deploys to, with a link to where that is. */
export function EnvironmentBadge({ environment }: { environment: NonNullable<Job['environment']> }) {
  const { name, url } = environment;
  return (
    <span className="environment">
      <RocketIcon size={12} aria-label="Environment" />
      {url !== null && isWebAddress(url) ? (
        <a href={url} target="_blank" rel="noreferrer">
          {name}
        </a>
      ) : (
        name
      )}
    </span>
  );
}

/** A job chooses the address: it may say `javascript:`. */
const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url);
