import { ShieldLockIcon } from '@primer/octicons-react';
import type { Wall } from '../../protocol/dashboard/index.ts';
import { wallOpenings } from './wall-openings.ts';

interface WallViewProps {
  wall: Wall | null;
  /** `This group`; nothing where it is clear. */
  whose?: string;
}

/** What opens the wall around a runner or group (SEM-13.4); nothing where there is none. */
export function WallView({ wall, whose }: WallViewProps) {
  const openings = wallOpenings(wall);
  if (openings.length === 0) return null;
  return (
    <p className="wall small">
      <ShieldLockIcon size={12} /> {whose ? `${whose} stands behind a wall` : 'Behind a wall'}, open for{' '}
      {openings.map(({ kind, name }) => (
        <span key={`${kind} ${name}`} className="label">
          <span className="muted">{kind}</span> {name}
        </span>
      ))}
    </p>
  );
}
